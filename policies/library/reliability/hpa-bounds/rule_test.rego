package penstock.reliability.hpa_bounds_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.hpa_bounds as rule

hpa(spec) := fixtures.named("autoscaling/v2", "HorizontalPodAutoscaler", "web", {"spec": spec})

test_allow[note] if {
	some note, spec in {"room": {"minReplicas": 2, "maxReplicas": 4}, "default": {"maxReplicas": 2}, "no maximum": {"minReplicas": 2}, "text": {"minReplicas": "4", "maxReplicas": 2}, "null": {"maxReplicas": null}}
	rule.violation == set() with input as hpa(spec)
}

test_deny[note] if {
	some note, case in {
		"above": [{"minReplicas": 4, "maxReplicas": 2}, 4, 2], "same": [{"minReplicas": 2, "maxReplicas": 2}, 2, 2], "default": [{"maxReplicas": 1}, 1, 1],
	}
	violations := rule.violation with input as hpa(case[0])
	fixtures.messages(violations) == {sprintf(`HorizontalPodAutoscaler "web" cannot scale: its minimum is %v, its maximum %v`, [case[1], case[2]])}
	fixtures.located(hpa(case[0]), violations)
}

test_keda if {
	body := fixtures.named("keda.sh/v1alpha1", "ScaledObject", "web", {"spec": {"minReplicaCount": 3, "maxReplicaCount": 2}})
	count(rule.violation) == 1 with input as body
}

test_odd_types if {
	every object in fixtures.odd_specs("autoscaling/v2", "HorizontalPodAutoscaler", ["minReplicas", "maxReplicas"]) {
		is_set(rule.violation) with input as object
	}
}
