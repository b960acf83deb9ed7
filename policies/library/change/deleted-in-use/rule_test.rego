package penstock.change.deleted_in_use_test

import data.penstock.change.deleted_in_use as rule
import data.penstock.lib.fixtures_test as fixtures

deleted(kind) := object.union(fixtures.named("v1", kind, "data", {}), {"review": {"operation": "DELETE"}})

pods(spec) := fixtures.inventory([fixtures.named("apps/v1", "Deployment", "web", {"spec": {"template": {"spec": spec}}})])

uses := {
	"ConfigMap": [
		{"volumes": [{"configMap": {"name": "data"}}]}, {"containers": [{"envFrom": [{"configMapRef": {"name": "data"}}]}]},
		{"initContainers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "data"}}}]}]}, {"volumes": [{"projected": {"sources": [{"configMap": {"name": "data"}}]}}]},
	],
	"Secret": [
		{"volumes": [{"secret": {"secretName": "data"}}]}, {"containers": [{"envFrom": [{"secretRef": {"name": "data"}}]}]},
		{"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "data"}}}]}]}, {"volumes": [{"projected": {"sources": [{"secret": {"name": "data"}}]}}]},
	],
	"PersistentVolumeClaim": [{"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}],
	"ServiceAccount": [{"serviceAccountName": "data"}],
}

test_deny[kind] if {
	some kind, specs in uses
	every spec in specs {
		violations := rule.violation with input as deleted(kind) with data.inventory as pods(spec)
		fixtures.messages(violations) == {sprintf(`%s "data" is deleted, and Deployment "web" uses it`, [kind])}
	}
}

test_allow_what_others_use[kind] if {
	some kind, _ in uses
	rule.violation == set() with input as deleted(kind) with data.inventory as pods({"containers": [{"name": "data"}], "volumes": [{"name": "data", "configMap": {"name": "other"}}]})
}

test_allow_optional if {
	rule.violation == set() with input as deleted("ConfigMap") with data.inventory as pods({"containers": [{"envFrom": [{"configMapRef": {"name": "data", "optional": true}}]}]})
}

test_allow_other_operations if {
	rule.violation == set() with input as fixtures.named("v1", "ConfigMap", "data", {}) with data.inventory as pods({"volumes": [{"configMap": {"name": "data"}}]})
}

ingress(name) := fixtures.inventory([fixtures.named("networking.k8s.io/v1", "Ingress", "front", {"spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": name}}}]}}]}})])

test_services if {
	violations := rule.violation with input as deleted("Service") with data.inventory as ingress("data")
	fixtures.messages(violations) == {`Service "data" is deleted, and Ingress "front" uses it`}
	rule.violation == set() with input as deleted("Service") with data.inventory as ingress("other")
}

test_odd_types if {
	every value in fixtures.odd_values {
		every kind in ["ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim"] {
			is_set(rule.violation) with input as deleted(kind) with data.inventory as pods(value)
		}
	}
}
