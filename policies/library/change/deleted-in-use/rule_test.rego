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

# users name the object "data", each from its own place.
users := {
	"PriorityClass": [fixtures.named("apps/v1", "Deployment", "user", {"spec": {"template": {"spec": {"priorityClassName": "data"}}}})],
	"RuntimeClass": [fixtures.named("batch/v1", "CronJob", "user", {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"runtimeClassName": "data"}}}}}})],
	"StorageClass": [fixtures.named("apps/v1", "StatefulSet", "user", {"spec": {"volumeClaimTemplates": [{"spec": {"storageClassName": "data"}}]}})],
	"IngressClass": [fixtures.named("networking.k8s.io/v1", "Ingress", "user", {"spec": {"ingressClassName": "data"}})],
	"Role": [fixtures.named("rbac.authorization.k8s.io/v1", "RoleBinding", "user", {"roleRef": {"kind": "Role", "name": "data"}})],
	"ClusterRole": [
		fixtures.named("rbac.authorization.k8s.io/v1", "RoleBinding", "user", {"roleRef": {"kind": "ClusterRole", "name": "data"}}),
		{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "user"}, "roleRef": {"kind": "ClusterRole", "name": "data"}},
	],
	"Deployment": [
		fixtures.named("autoscaling/v2", "HorizontalPodAutoscaler", "user", {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "data"}}}),
		fixtures.named("keda.sh/v1alpha1", "ScaledObject", "user", {"spec": {"scaleTargetRef": {"name": "data"}}}),
	],
	"StatefulSet": [fixtures.named("autoscaling/v2", "HorizontalPodAutoscaler", "user", {"spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "data"}}})],
	"Service": [
		fixtures.named("gateway.networking.k8s.io/v1", "HTTPRoute", "user", {"spec": {"rules": [{"backendRefs": [{"name": "data", "port": 80}]}]}}),
		fixtures.named("apps/v1", "StatefulSet", "user", {"spec": {"serviceName": "data"}}),
	],
}

# gone is the object "data" of a kind as it is deleted; classes and cluster roles
# have no namespace.
gone(kind) := object.union(deleted(kind), {"metadata": {"namespace": ""}}) if {
	kind in {"PriorityClass", "RuntimeClass", "StorageClass", "IngressClass", "ClusterRole"}
} else := deleted(kind)

test_deny_users[kind] if {
	some kind, list in users
	every user in list {
		violations := rule.violation with input as gone(kind) with data.inventory as fixtures.inventory([user])
		fixtures.messages(violations) == {sprintf(`%s "data" is deleted, and %s "user" uses it`, [kind, user.kind])}
	}
}

# The same users say nothing about another object of the kind, or about one of
# another kind that has the name.
test_allow_what_else_they_use[kind] if {
	some kind, _ in users
	every other, list in users {
		every user in list {
			other_name := object.union(gone(kind), {"metadata": {"name": "other"}})
			rule.violation == set() with input as other_name with data.inventory as fixtures.inventory([user])
			apart(kind, other, user)
		}
	}
}

apart(kind, kind, _) := true

apart(kind, other, user) if {
	kind != other
	rule.violation == set() with input as gone(kind) with data.inventory as fixtures.inventory([user])
}

# A claim keeps its volume when its class goes.
test_allow_claim_of_class if {
	claim := fixtures.named("v1", "PersistentVolumeClaim", "user", {"spec": {"storageClassName": "data"}})
	rule.violation == set() with input as gone("StorageClass") with data.inventory as fixtures.inventory([claim])
}

# A route may lead to a Service of the same name in another namespace.
test_allow_other_namespace if {
	route := fixtures.named("gateway.networking.k8s.io/v1", "HTTPRoute", "user", {"spec": {"rules": [{"backendRefs": [{"name": "data", "namespace": "elsewhere"}]}]}})
	rule.violation == set() with input as deleted("Service") with data.inventory as fixtures.inventory([route])
}

test_odd_types if {
	every kind, list in users {
		every user in list {
			every value in fixtures.odd_values {
				odd := object.union(object.remove(user, ["spec", "roleRef"]), {"spec": value, "roleRef": value})
				is_set(rule.violation) with input as gone(kind) with data.inventory as fixtures.inventory([odd])
			}
		}
	}
	every value in fixtures.odd_values {
		every kind in ["ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim"] {
			is_set(rule.violation) with input as deleted(kind) with data.inventory as pods(value)
		}
	}
}
