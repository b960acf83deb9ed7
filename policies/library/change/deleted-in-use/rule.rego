# METADATA
# scope: package
# title: What is deleted is not in use
# description: >-
#   A change that deletes what pods, templates of claims, Ingresses, routes, bindings or autoscalers of the environment
#   still name breaks them: at the next restart at the latest.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/configmap/#using-configmaps
# custom:
#   id: change/deleted-in-use
#   severity: error
#   match:
#     kinds:
#     - core/ConfigMap
#     - core/Secret
#     - core/PersistentVolumeClaim
#     - core/ServiceAccount
#     - core/Service
#     - rbac.authorization.k8s.io/Role
#     - rbac.authorization.k8s.io/ClusterRole
#     - scheduling.k8s.io/PriorityClass
#     - node.k8s.io/RuntimeClass
#     - storage.k8s.io/StorageClass
#     - networking.k8s.io/IngressClass
#     - apps/Deployment
#     - apps/StatefulSet
#     operations: [DELETE]
#   remediation: Keep the object until nothing names it, or correct what does.
#   tags: [change, wiring]
package penstock.change.deleted_in_use

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	input.review.operation == "DELETE"
	some user in users
	v := {
		"msg": sprintf("%s %q is deleted, and %s %q uses it", [input.kind, names.object_name, user.kind, user.metadata.name]),
		"at": input.metadata,
		"path": ["metadata", "name"],
	}
}

users contains source if {
	input.kind in {"ConfigMap", "Secret", "PersistentVolumeClaim", "ServiceAccount"}
	some source in inventory.pod_sources
	uses(inventory.template_of(source).spec)
}

users contains source if {
	field := {"PriorityClass": "priorityClassName", "RuntimeClass": "runtimeClassName"}[input.kind]
	some source in everywhere({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod", "Job", "CronJob", "Rollout"})
	inventory.template_of(source).spec[field] == names.object_name
}

# Ingresses and routes of other namespaces may lead to a Service as well, but
# need a grant for that; those of its own do not.
users contains user if {
	input.kind == "Service"
	some user in inventory.space["networking.k8s.io/v1"].Ingress
	walk(user.spec, [path, value])
	path[count(path) - 1] == "service"
	value.name == names.object_name
}

users contains user if {
	input.kind == "Service"
	some kind in ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"]
	some user in inventory.neighbours(kind)
	some entry in user.spec.rules
	some ref in entry.backendRefs
	ref.name == names.object_name
	object.get(ref, "kind", "Service") == "Service"
	object.get(ref, "namespace", names.namespace) == names.namespace
}

users contains user if {
	input.kind == "Service"
	some user in inventory.neighbours("StatefulSet")
	user.spec.serviceName == names.object_name
}

# A claim that has its volume does not need its class; new Pods of a StatefulSet
# come with new claims.
users contains user if {
	input.kind == "StorageClass"
	some user in everywhere({"StatefulSet"})
	some template in user.spec.volumeClaimTemplates
	template.spec.storageClassName == names.object_name
}

users contains user if {
	input.kind == "IngressClass"
	some user in everywhere({"Ingress"})
	user.spec.ingressClassName == names.object_name
}

users contains user if {
	input.kind == "Role"
	some user in inventory.neighbours("RoleBinding")
	binds(user)
}

users contains user if {
	input.kind == "ClusterRole"
	some user in everywhere({"RoleBinding", "ClusterRoleBinding"})
	binds(user)
}

users contains user if {
	input.kind in {"Deployment", "StatefulSet"}
	some user in array.concat(inventory.autoscalers(input.kind, names.object_name), inventory.neighbours("ScaledObject"))
	user.spec.scaleTargetRef.name == names.object_name
	object.get(user.spec.scaleTargetRef, "kind", "Deployment") == input.kind
}

binds(binding) if {
	binding.roleRef.kind == input.kind
	binding.roleRef.name == names.object_name
}

# everywhere are the objects of some kinds in all namespaces and in none.
everywhere(kinds) := array.concat(
	[found |
		some namespace, version
		some kind in kinds
		some found in data.inventory.namespace[namespace][version][kind]
	],
	[found |
		some version
		some kind in kinds
		some found in data.inventory.cluster[version][kind]
	],
)

uses(pod) if {
	input.kind == "ServiceAccount"
	pod.serviceAccountName == names.object_name
}

# Wherever a pod names a ConfigMap, a Secret or a claim, the field says which.
uses(pod) if {
	walk(pod, [path, value])
	fields := naming[input.kind][path[count(path) - 1]]
	some field in fields
	value[field] == names.object_name
	not value.optional == true
}

naming := {
	"ConfigMap": {"configMap": ["name"], "configMapRef": ["name"], "configMapKeyRef": ["name"]},
	"Secret": {"secret": ["secretName", "name"], "secretRef": ["name"], "secretKeyRef": ["name"]},
	"PersistentVolumeClaim": {"persistentVolumeClaim": ["claimName"]},
}
