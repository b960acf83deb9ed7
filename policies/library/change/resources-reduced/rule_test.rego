package penstock.change.resources_reduced_test

import data.penstock.change.resources_reduced as rule
import data.penstock.lib.fixtures_test as fixtures

pod(resources) := {"spec": {"template": {"spec": {"containers": [{"name": "web", "resources": resources}]}}}}

body(before, after) := fixtures.changed("apps/v1", "Deployment", pod(before), pod(after))

test_allow[note] if {
	some note, case in {
		"more": [{"limits": {"memory": "1Gi"}}, {"limits": {"memory": "2Gi"}}], "a little": [{"requests": {"cpu": 1}}, {"requests": {"cpu": "600m"}}],
		"removed": [{"limits": {"cpu": 1}}, {}], "new": [{}, {"limits": {"cpu": 1}}], "zero": [{"requests": {"cpu": 0}}, {"requests": {"cpu": 0}}], "null": [null, null],
		"unreadable": [{"limits": {"cpu": "x"}}, {"limits": {"cpu": 1}}],
	}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"memory": [{"limits": {"memory": "1Gi"}}, {"limits": {"memory": "256Mi"}}, `the memory limit of container "web" goes from 1Gi to 256Mi`],
		"half": [{"requests": {"cpu": 1}}, {"requests": {"cpu": "500m"}}, `the cpu request of container "web" goes from 1 to 500m`],
	}
	object := body(case[0], case[1])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {case[2]}
	fixtures.located(object, violations)
}

test_parameters[note] if {
	some note, case in {"less": [{"share": 10}, 1], "more": [{"share": 90}, 0], "wrong": [{"share": "10"}, 0]}
	reviewed := object.union(body({"limits": {"cpu": 10}}, {"limits": {"cpu": 8}}), {"review": {"parameters": case[0]}})
	count(rule.violation) == case[1] with input as reviewed
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body({"limits": value}, {"limits": {"cpu": 1}})
		is_set(rule.violation) with input as body({"limits": {"cpu": 4}}, {"limits": {"cpu": value}})
		is_set(rule.violation) with input as object.union(body({}, {}), {"review": {"oldObject": value}})
	}
}
