package penstock.reliability.min_replicas_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.min_replicas as rule

labels := {"tier": ["production", "prod"]}

workload(spec) := {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}

reviewed(spec, environment, parameters) := object.union(workload(spec), {"review": {
	"environment": {"name": "live", "labels": environment},
	"parameters": parameters,
}})

in_production(spec, parameters) := reviewed(spec, {"tier": "production"}, object.union({"minimum": 2, "labels": labels}, parameters))

test_allow[note] if {
	some note, body in {
		"two": in_production({"replicas": 2}, {}),
		"many": in_production({"replicas": 20}, {}),
		"not production": reviewed({"replicas": 1}, {"tier": "staging"}, {"minimum": 2, "labels": labels}),
		"no labels": reviewed({"replicas": 1}, {}, {"minimum": 2, "labels": labels}),
		"labels null": reviewed({"replicas": 1}, null, {"minimum": 2, "labels": labels}),
		"another label": reviewed({"replicas": 1}, {"stage": "production"}, {"minimum": 2, "labels": labels}),
		"no environment": workload({"replicas": 1}),
		"ignored": in_production({"replicas": 1}, {"ignored": ["shop/web"]}),
		"ignored namespace": in_production({"replicas": 1}, {"ignored": ["shop/*"]}),
		"lower minimum": in_production({"replicas": 1}, {"minimum": 1}),
	}
	rule.violation == set() with input as body
}

test_deny[note] if {
	some note, case in {
		"one": [{"replicas": 1}, "1 replica"], "zero": [{"replicas": 0}, "0 replicas"], "missing": [{}, "1 replica"],
		"null": [{"replicas": null}, "1 replica"], "text": [{"replicas": "3"}, "3 replicas"], "list": [{"replicas": [3]}, "[3] replicas"],
	}
	violations := rule.violation with input as in_production(case[0], {})
	fixtures.messages(violations) == {sprintf("Deployment \"web\" has %s in production, 2 are needed", [case[1]])}
	fixtures.located(workload(case[0]), violations)
}

test_deny_without_a_spec if {
	violations := rule.violation with input as in_production(null, {})
	{v.at | some v in violations} == {{"name": "web", "namespace": "shop"}}
}

test_deny_below_the_minimum_of_a_parameter if {
	violations := rule.violation with input as in_production({"replicas": 2}, {"minimum": 3})
	fixtures.messages(violations) == {"Deployment \"web\" has 2 replicas in production, 3 are needed"}
}

test_parameters_undefined[environment] if {
	some environment in [{"tier": "prod"}, {"env": "production"}, {"environment": "prod"}, {"stage": "production"}]
	some parameters in [{}, {"labels": null}, {"labels": "tier", "minimum": "2"}, {"minimum": null, "ignored": null}]
	count(rule.violation) == 1 with input as reviewed({"replicas": 1}, environment, parameters)
}

test_label_value_that_is_no_list if {
	body := reviewed({"replicas": 1}, {"tier": "live"}, {"labels": {"tier": "live"}})
	count(rule.violation) == 1 with input as body
}

scaled(kind, spec) := {"namespace": {"shop": {"v2": {kind: {"h": {"spec": object.union(spec, {"scaleTargetRef": {"kind": "Deployment", "name": "web"}})}}}}}}

test_autoscaler_counts[note] if {
	some note, case in {
		"enough": [scaled("HorizontalPodAutoscaler", {"minReplicas": 2}), 0],
		"too few": [scaled("HorizontalPodAutoscaler", {"minReplicas": 1}), 1],
		"default": [scaled("HorizontalPodAutoscaler", {"maxReplicas": 9}), 1],
		"text": [scaled("HorizontalPodAutoscaler", {"minReplicas": "2"}), 1],
		"KEDA": [scaled("ScaledObject", {"minReplicaCount": 2}), 0],
		"KEDA to zero": [scaled("ScaledObject", {}), 1],
	}
	count(rule.violation) == case[1] with input as in_production({"replicas": 1}, {}) with data.inventory as case[0]
}

test_autoscaler_that_goes_below_the_replicas if {
	violations := rule.violation with input as in_production({"replicas": 5}, {})
		with data.inventory as scaled("HorizontalPodAutoscaler", {"minReplicas": 1})
	fixtures.messages(violations) == {"Deployment \"web\" has a HorizontalPodAutoscaler with minReplicas 1 in production, 2 are needed"}
}

test_autoscaler_of_another_namespace if {
	other := {"namespace": {"other": scaled("HorizontalPodAutoscaler", {"minReplicas": 2}).namespace.shop}}
	count(rule.violation) == 1 with input as in_production({"replicas": 1}, {}) with data.inventory as other
}
