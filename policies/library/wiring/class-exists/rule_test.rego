package penstock.wiring.class_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.class_exists as rule

class(version, kind) := {"apiVersion": version, "kind": kind, "metadata": {"name": "fast"}}

rendered := fixtures.inventory([
	class("storage.k8s.io/v1", "StorageClass"), class("scheduling.k8s.io/v1", "PriorityClass"),
	class("node.k8s.io/v1", "RuntimeClass"), class("networking.k8s.io/v1", "IngressClass"),
])

# objects name one class each.
objects(name) := {
	"StorageClass": [
		fixtures.named("v1", "PersistentVolumeClaim", "web", {"spec": {"storageClassName": name}}),
		fixtures.named("apps/v1", "StatefulSet", "web", {"spec": {"volumeClaimTemplates": [{"spec": {}}, {"spec": {"storageClassName": name}}]}}),
	],
	"PriorityClass": [fixtures.deployment({"priorityClassName": name}), fixtures.named("batch/v1", "CronJob", "web", {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"priorityClassName": name}}}}}})],
	"RuntimeClass": [fixtures.named("v1", "Pod", "web", {"spec": {"runtimeClassName": name}})],
	"IngressClass": [fixtures.named("networking.k8s.io/v1", "Ingress", "web", {"spec": {"ingressClassName": name}})],
}

test_deny[kind] if {
	some kind, list in objects("slow")
	every object in list {
		violations := rule.violation with input as object with data.inventory as rendered
		fixtures.messages(violations) == {sprintf(`%s "web" names the %s "slow", which is not rendered`, [object.kind, kind])}
		fixtures.located(object, violations)
	}
}

test_allow[note] if {
	some note, name in {"rendered": "fast", "none": "", "null": null, "no name": 1}
	every _, list in objects(name) {
		every object in list {
			rule.violation == set() with input as object with data.inventory as rendered
		}
	}
}

# Where no class of the kind is rendered, classes are the cluster's.
test_allow_where_none_is_rendered if {
	every kind, list in objects("slow") {
		others := json.remove(rendered, [["cluster", version, kind] | some version, kinds in rendered.cluster; kinds[kind]])
		every object in list {
			rule.violation == set() with input as object with data.inventory as others
		}
	}
}

test_complete if {
	object := fixtures.named("v1", "PersistentVolumeClaim", "web", {"spec": {"storageClassName": "slow"}})
	count(rule.violation) == 1 with input as fixtures.with_parameters(object, {"complete": true})
	rule.violation == set() with input as fixtures.with_parameters(object, {"complete": false})
}

test_present[note] if {
	object := fixtures.named("v1", "PersistentVolumeClaim", "web", {"spec": {"storageClassName": "slow"}})
	some note, case in {"listed": [{"present": ["s*"]}, 0], "null": [{"present": null}, 1]}
	count(rule.violation) == case[1] with input as fixtures.with_parameters(object, case[0]) with data.inventory as rendered
}

test_odd_types if {
	every _, object in fixtures.odd {
		is_set(rule.violation) with input as object with data.inventory as rendered
	}
	every object in fixtures.odd_specs("v1", "PersistentVolumeClaim", ["storageClassName"]) {
		is_set(rule.violation) with input as object with data.inventory as rendered
	}
	every object in fixtures.odd_specs("apps/v1", "StatefulSet", ["volumeClaimTemplates"]) {
		is_set(rule.violation) with input as object with data.inventory as rendered
	}
	every object in fixtures.odd_specs("networking.k8s.io/v1", "Ingress", ["ingressClassName"]) {
		is_set(rule.violation) with input as object with data.inventory as rendered
	}
}
