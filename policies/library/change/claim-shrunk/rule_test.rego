package penstock.change.claim_shrunk_test

import data.penstock.change.claim_shrunk as rule
import data.penstock.lib.fixtures_test as fixtures

claim(storage) := {"spec": {"resources": {"requests": {"storage": storage}}}}

body(before, after) := fixtures.changed("v1", "PersistentVolumeClaim", claim(before), claim(after))

test_allow[note] if {
	some note, case in {"grows": ["1Gi", "2Gi"], "same": ["1Gi", "1024Mi"], "unreadable": ["x", "1Gi"], "null": [null, "1Gi"]}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny if {
	object := body("10Gi", "10G")
	violations := rule.violation with input as object
	fixtures.messages(violations) == {`PersistentVolumeClaim "web" shrinks from 10Gi to 10G`}
	fixtures.located(object, violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value, "1Gi")
		is_set(rule.violation) with input as body("1Gi", value)
		is_set(rule.violation) with input as fixtures.changed("v1", "PersistentVolumeClaim", {"spec": value}, {"spec": value})
	}
}
