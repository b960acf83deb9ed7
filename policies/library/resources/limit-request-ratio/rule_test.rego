package penstock.resources.limit_request_ratio_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.limit_request_ratio as rule

body(resource, request, limit) := fixtures.container({"resources": {"requests": {resource: request}, "limits": {resource: limit}}})

test_allow[note] if {
	some note, object in {
		"cpu": body("cpu", "100m", 1), "memory": body("memory", "1Gi", "2Gi"), "zero": body("cpu", 0, 1), "other": body("ephemeral-storage", 1, 100),
		"unreadable": body("cpu", "x", 1), "null": body("cpu", null, null), "none": fixtures.container({}),
	}
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, case in {
		"cpu": ["cpu", "100m", "1001m", "a cpu limit of 1001m, more than 10 times its request of 100m"],
		"memory": ["memory", "1Gi", "3Gi", "a memory limit of 3Gi, more than 2 times its request of 1Gi"],
	}
	object := body(case[0], case[1], case[2])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`container "web" has %s`, [case[3]])}
	fixtures.located(object, violations)
}

test_parameters[note] if {
	some note, case in {"less": [{"memory": 1}, 1], "more": [{"memory": 4}, 0], "wrong": [{"memory": "4"}, 1], "null": [{"memory": null}, 1]}
	object := fixtures.with_parameters(body("memory", "1Gi", "3Gi"), case[0])
	count(rule.violation) == case[1] with input as object
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
