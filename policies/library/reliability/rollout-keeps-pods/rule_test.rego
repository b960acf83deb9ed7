package penstock.reliability.rollout_keeps_pods_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.rollout_keeps_pods as rule

body(replicas, unavailable) := fixtures.named("apps/v1", "Deployment", "web", {"spec": {
	"replicas": replicas,
	"strategy": {"rollingUpdate": {"maxUnavailable": unavailable}},
}})

test_allow[note] if {
	some note, case in {
		"zero": [1, 0], "below": [3, 2], "share": [4, "25%"], "share of one": [1, "25%"], "no replicas": [0, 1], "text": [2, "2"], "null": [2, null],
	}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"all": [2, 2, "2, with 2 replicas"], "one": [1, 1, "1, with 1 replica"], "share": [3, "100%", "100%, with 3 replicas"],
		"default": [null, 1, "1, with 1 replica"],
	}
	violations := rule.violation with input as body(case[0], case[1])
	fixtures.messages(violations) == {sprintf(`a rollout of Deployment "web" may stop all of its pods: maxUnavailable is %s`, [case[2]])}
	fixtures.located(body(case[0], case[1]), violations)
}

test_odd_types if {
	every object in fixtures.odd_specs("apps/v1", "Deployment", ["replicas", "strategy"]) {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value, 1)
	}
}
