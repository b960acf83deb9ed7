package penstock.change.crd_version_removed_test

import data.penstock.change.crd_version_removed as rule
import data.penstock.lib.fixtures_test as fixtures

body(before, after) := fixtures.changed("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"spec": {"versions": before}}, {"spec": {"versions": after}})

v1 := {"name": "v1", "served": true}

beta := {"name": "v1beta1", "served": true}

test_allow[note] if {
	some note, case in {
		"same": [[v1, beta], [beta, v1]], "added": [[v1], [v1, beta]], "was not served": [[v1, {"name": "v1alpha1", "served": false}], [v1]], "null": [null, null],
		"no name": [[{"served": true}], [v1]],
	}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny[note] if {
	some note, after in {"removed": [v1], "not served": [v1, {"name": "v1beta1", "served": false}], "text": "v1"}
	object := body([beta], after)
	violations := rule.violation with input as object
	fixtures.messages(violations) == {`CustomResourceDefinition "web" no longer serves the version v1beta1`}
	fixtures.located(object, violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value, [v1])
		is_set(rule.violation) with input as body([v1], value)
		is_set(rule.violation) with input as fixtures.changed("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"spec": value}, {"spec": value})
	}
}
