package penstock.resources.maximum_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.maximum as rule

body(parameters, resources) := fixtures.with_parameters(fixtures.container({"resources": resources}), parameters)

most := {"maximum": {"memory": "1Gi", "cpu": 2}}

test_allow[note] if {
	some note, object in {
		"below": body(most, {"limits": {"memory": "1Gi", "cpu": "2000m"}}), "no parameter": body({}, {"limits": {"memory": "9Ti"}}),
		"null": body({"maximum": null}, {"limits": {"memory": "9Ti"}}), "other": body(most, {"limits": {"ephemeral-storage": "9Ti"}}),
		"no resources": body(most, {}), "unreadable": body(most, {"limits": {"memory": "x"}}),
	}
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, case in {
		"request": [{"requests": {"memory": "2Gi"}}, "2Gi of memory in its requests, more than 1Gi"],
		"limit": [{"limits": {"cpu": 3}}, "3 of cpu in its limits, more than 2"],
	}
	object := body(most, case[0])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`container "web" has %s`, [case[1]])}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as fixtures.with_parameters(object, most)
	}
}
