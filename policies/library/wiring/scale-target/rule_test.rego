package penstock.wiring.scale_target_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.scale_target as rule

hpa(target) := fixtures.named("autoscaling/v2", "HorizontalPodAutoscaler", "web", {"spec": {"scaleTargetRef": target}})

rendered := fixtures.inventory([fixtures.named("apps/v1", "Deployment", "web", {})])

test_allow[note] if {
	some note, target in {
		"rendered": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "kind by default": {"name": "web"},
		"custom": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "x"}, "null": null, "empty": {},
	}
	rule.violation == set() with input as hpa(target) with data.inventory as rendered
}

test_deny[note] if {
	some note, case in {"name": [{"kind": "Deployment", "name": "api"}, `Deployment "api"`], "kind": [{"kind": "StatefulSet", "name": "web"}, `StatefulSet "web"`]}
	violations := rule.violation with input as hpa(case[0]) with data.inventory as rendered
	fixtures.messages(violations) == {sprintf(`HorizontalPodAutoscaler "web" scales the %s, which is not rendered`, [case[1]])}
	fixtures.located(hpa(case[0]), violations)
}

test_deny_vertical if {
	body := fixtures.named("autoscaling.k8s.io/v1", "VerticalPodAutoscaler", "web", {"spec": {"targetRef": {"kind": "Deployment", "name": "x"}}})
	violations := rule.violation with input as body with data.inventory as rendered
	count(violations) == 1
	fixtures.located(body, violations)
}

test_odd_types if {
	every body in fixtures.odd_specs("autoscaling/v2", "HorizontalPodAutoscaler", ["scaleTargetRef", "targetRef"]) {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as hpa({"name": "x", "kind": value}) with data.inventory as rendered
	}
}
