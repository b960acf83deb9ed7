package penstock.resources.limit_below_request_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.limit_below_request as rule

body(requests, limits) := fixtures.container({"resources": {"requests": requests, "limits": limits}})

test_allow[note] if {
	some note, case in {
		"above": [{"cpu": "100m"}, {"cpu": 1}], "same": [{"memory": "1Gi"}, {"memory": "1024Mi"}], "other": [{"cpu": 2}, {"memory": "1Mi"}],
		"no limit": [{"cpu": 2}, {}], "no request": [{}, {"cpu": 1}], "null": [null, null], "unreadable": [{"cpu": "lots"}, {"cpu": "1"}],
	}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"cpu": [{"cpu": "1"}, {"cpu": "500m"}, "a cpu limit of 500m, below its request of 1"],
		"memory": [{"memory": "1Gi"}, {"memory": "1G"}, "a memory limit of 1G, below its request of 1Gi"],
		"extended": [{"example.com/gpu": 2}, {"example.com/gpu": 1}, "a example.com/gpu limit of 1, below its request of 2"],
	}
	violations := rule.violation with input as body(case[0], case[1])
	fixtures.messages(violations) == {sprintf(`container "web" has %s`, [case[2]])}
	fixtures.located(body(case[0], case[1]), violations)
}

test_deny_in_every_kind[kind] if {
	resources := {"requests": {"cpu": 2}, "limits": {"cpu": 1}}
	some kind, object in fixtures.wrapped({"containers": [{"resources": resources}], "initContainers": [{"resources": resources}], "ephemeralContainers": [{"resources": resources}]})
	violations := rule.violation with input as object
	count(violations) == 2
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body({"cpu": value}, {"cpu": value})
	}
}
