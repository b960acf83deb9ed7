package penstock.reliability.spread_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.spread as rule

body(replicas, pod) := fixtures.named("apps/v1", "Deployment", "web", {"spec": {"replicas": replicas, "template": {"spec": pod}}})

test_allow[note] if {
	some note, case in {
		"one replica": [1, {}], "default": [null, {}], "spread": [3, {"topologySpreadConstraints": [{"maxSkew": 1}]}],
		"required": [3, {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}}],
		"preferred": [3, {"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{}]}}}],
	}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny[note] if {
	some note, pod in {
		"none": {}, "empty": {"topologySpreadConstraints": []}, "null": {"topologySpreadConstraints": null},
		"affinity to pods": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
	}
	violations := rule.violation with input as body(2, pod)
	fixtures.messages(violations) == {`nothing spreads the replicas of Deployment "web"`}
}

test_odd_types if {
	every object in fixtures.odd_specs("apps/v1", "Deployment", ["replicas", "template"]) {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(2, {"affinity": value, "topologySpreadConstraints": value})
	}
}
