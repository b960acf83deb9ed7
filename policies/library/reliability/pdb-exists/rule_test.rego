package penstock.reliability.pdb_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.pdb_exists as rule

workload(replicas) := fixtures.named("apps/v1", "Deployment", "web", {"spec": {
	"replicas": replicas,
	"template": {"metadata": {"labels": {"app": "web"}}},
}})

budget(selector) := fixtures.inventory([fixtures.named("policy/v1", "PodDisruptionBudget", "b", {"spec": {"selector": selector}})])

test_allow[note] if {
	some note, case in {
		"budget": [2, {"matchLabels": {"app": "web"}}], "budget for all": [2, {}], "one replica": [1, {"matchLabels": {"app": "x"}}],
		"replicas by default": [null, {"matchLabels": {"app": "x"}}],
	}
	rule.violation == set() with input as workload(case[0]) with data.inventory as budget(case[1])
}

test_deny[note] if {
	some note, selector in {"other": {"matchLabels": {"app": "api"}}, "null": null}
	violations := rule.violation with input as workload(2) with data.inventory as budget(selector)
	fixtures.messages(violations) == {`no PodDisruptionBudget selects the pods of Deployment "web"`}
	fixtures.located(workload(2), violations)
}

test_deny_by_the_autoscaler if {
	hpa := fixtures.named("autoscaling/v2", "HorizontalPodAutoscaler", "h", {"spec": {"minReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}})
	count(rule.violation) == 1 with input as workload(1) with data.inventory as fixtures.inventory([hpa])
}

test_parameters[note] if {
	some note, case in {"more": [{"minimum": 4}, 0], "less": [{"minimum": 1}, 1], "wrong": [{"minimum": "4"}, 1], "null": [{"minimum": null}, 1]}
	count(rule.violation) == case[1] with input as fixtures.with_parameters(workload(3), case[0])
}

test_odd_types if {
	every object in fixtures.odd_specs("apps/v1", "Deployment", ["replicas", "template"]) {
		is_set(rule.violation) with input as object
	}
}
