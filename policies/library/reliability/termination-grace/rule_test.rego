package penstock.reliability.termination_grace_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.termination_grace as rule

sleeping(seconds) := {"name": "web", "lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}}

test_allow[note] if {
	some note, pod in {
		"default": {}, "time": {"terminationGracePeriodSeconds": 10}, "null": {"terminationGracePeriodSeconds": null}, "text": {"terminationGracePeriodSeconds": "0"},
		"sleep": {"containers": [sleeping(5)]}, "long sleep": {"terminationGracePeriodSeconds": 120, "containers": [sleeping(60)]},
	}
	rule.violation == set() with input as fixtures.deployment(pod)
}

test_deny[note] if {
	some note, case in {
		"none": [{"terminationGracePeriodSeconds": 0}, "the pod is killed without time to end (terminationGracePeriodSeconds 0)"],
		"sleep": [{"containers": [sleeping(30)]}, `container "web" sleeps for 30 seconds before its end, and is killed after 30`],
		"sleep and time": [{"terminationGracePeriodSeconds": 10, "containers": [sleeping(15)]}, `container "web" sleeps for 15 seconds before its end, and is killed after 10`],
	}
	body := fixtures.deployment(case[0])
	violations := rule.violation with input as body
	fixtures.messages(violations) == {case[1]}
	fixtures.located(body, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.deployment({"terminationGracePeriodSeconds": value, "containers": [sleeping(value), {"lifecycle": value}]})
	}
}
