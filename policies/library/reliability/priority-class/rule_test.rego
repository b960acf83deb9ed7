package penstock.reliability.priority_class_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.priority_class as rule

test_allow if {
	rule.violation == set() with input as fixtures.deployment({"priorityClassName": "high"})
	rule.violation == set() with input as {"kind": "Service", "spec": {}}
}

test_deny[note] if {
	some note, pod in {"missing": {"containers": []}, "empty": {"priorityClassName": ""}, "null": {"priorityClassName": null}}
	every object in fixtures.wrapped(pod) {
		violations := rule.violation with input as object
		fixtures.messages(violations) == {"the pod has no priority class"}
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
