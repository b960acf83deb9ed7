package penstock.reliability.hpa_static_replicas_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.hpa_static_replicas as rule

body(replicas) := fixtures.named("apps/v1", "Deployment", "web", {"spec": {"replicas": replicas}})

scaling(name) := fixtures.inventory([fixtures.named("autoscaling/v2", "HorizontalPodAutoscaler", "h", {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": name}}})])

test_allow[note] if {
	some note, case in {"null": [null, "web"], "zero": [0, "web"], "other": [2, "api"]}
	rule.violation == set() with input as body(case[0]) with data.inventory as scaling(case[1])
}

test_allow_without_replicas if {
	rule.violation == set() with input as fixtures.named("apps/v1", "Deployment", "web", {"spec": {}}) with data.inventory as scaling("web")
	rule.violation == set() with input as body(2)
}

test_deny if {
	violations := rule.violation with input as body(2) with data.inventory as scaling("web")
	fixtures.messages(violations) == {`Deployment "web" sets its replicas, and so does the HorizontalPodAutoscaler "h"`}
	fixtures.located(body(2), violations)
}

test_deny_keda if {
	scaled := fixtures.named("keda.sh/v1alpha1", "ScaledObject", "s", {"spec": {"scaleTargetRef": {"name": "web"}}})
	violations := rule.violation with input as body(2) with data.inventory as fixtures.inventory([scaled])
	fixtures.messages(violations) == {`Deployment "web" sets its replicas, and so does the ScaledObject "s"`}
}

test_odd_types if {
	every object in fixtures.odd_specs("apps/v1", "Deployment", ["replicas"]) {
		is_set(rule.violation) with input as object with data.inventory as scaling("odd")
	}
}
