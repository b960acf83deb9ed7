package penstock.wiring.service_pods_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.service_pods as rule

service(spec) := fixtures.named("v1", "Service", "web", {"spec": spec})

pods(kind, version) := fixtures.named(version, kind, "api", {"spec": {"template": {"metadata": {"labels": {"app": "web", "tier": "a"}}}}})

deployed(more) := fixtures.inventory(array.concat([pods("Deployment", "apps/v1")], more))

test_allow[note] if {
	some note, spec in {
		"label": {"selector": {"app": "web"}}, "labels": {"selector": {"app": "web", "tier": "a"}},
		"no selector": {}, "empty": {"selector": {}}, "null": {"selector": null},
		"external": {"type": "ExternalName", "selector": {"app": "x"}},
	}
	rule.violation == set() with input as service(spec) with data.inventory as deployed([])
}

test_deny[note] if {
	some note, selector in {
		"other": {"app": "api"}, "one of two": {"app": "web", "tier": "b"}, "more": {"app": "web", "zone": "x"},
		"null value": {"app": null},
	}
	body := service({"selector": selector})
	violations := rule.violation with input as body with data.inventory as deployed([])
	fixtures.messages(violations) == {`Service "web" selects no pod of its namespace`}
	fixtures.located(body, violations)
}

test_every_source_of_pods[kind] if {
	some kind, version in {
		"StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "ReplicaSet": "apps/v1", "ReplicationController": "v1",
		"Job": "batch/v1", "Rollout": "argoproj.io/v1alpha1",
	}
	rule.violation == set() with input as service({"selector": {"app": "web"}}) with data.inventory as fixtures.inventory([pods(kind, version)])
	count(rule.violation) == 1 with input as service({"selector": {"app": "x"}}) with data.inventory as fixtures.inventory([pods(kind, version)])
}

test_pods_and_cron_jobs if {
	meta := {"labels": {"app": "web"}}
	pod := object.union(fixtures.named("v1", "Pod", "p", {}), {"metadata": meta})
	cron := fixtures.named("batch/v1", "CronJob", "c", {"spec": {"jobTemplate": {"spec": {"template": {"metadata": meta}}}}})
	every body in [pod, cron] {
		rule.violation == set() with input as service({"selector": {"app": "web"}}) with data.inventory as fixtures.inventory([body])
	}
}

test_allow_where_more_may_come[note] if {
	some note, more in {
		"operator": fixtures.named("kafka.strimzi.io/v1beta2", "Kafka", "k", {}),
		"Prometheus": fixtures.named("monitoring.coreos.com/v1", "Prometheus", "p", {}),
		"Flux": object.union(fixtures.named("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", {}), {"metadata": {"namespace": "flux-system"}}),
	}
	rule.violation == set() with input as service({"selector": {"app": "x"}}) with data.inventory as deployed([more])
}

test_deny_beside_what_makes_no_pods[note] if {
	some note, more in {
		"ServiceMonitor": fixtures.named("monitoring.coreos.com/v1", "ServiceMonitor", "m", {}),
		"VirtualService": fixtures.named("networking.istio.io/v1", "VirtualService", "v", {}),
		"NetworkPolicy": fixtures.named("networking.k8s.io/v1", "NetworkPolicy", "n", {}),
	}
	count(rule.violation) == 1 with input as service({"selector": {"app": "x"}}) with data.inventory as deployed([more])
}

test_allow_where_nothing_is_rendered if {
	rule.violation == set() with input as service({"selector": {"app": "x"}}) with data.inventory as fixtures.inventory([])
	rule.violation == set() with input as service({"selector": {"app": "x"}})
}

test_odd_types if {
	every body in fixtures.odd_specs("v1", "Service", ["selector", "type"]) {
		is_set(rule.violation) with input as body with data.inventory as deployed([body])
	}
	every body in fixtures.odd_specs("apps/v1", "Deployment", ["template"]) {
		is_set(rule.violation) with input as service({"selector": {"app": "web"}}) with data.inventory as fixtures.inventory([body])
	}
}
