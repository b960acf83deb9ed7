# METADATA
# scope: package
# title: What is deleted is not in use
# description: >-
#   A change that deletes a ConfigMap, a Secret, a claim, a service account or a Service while pods or
#   Ingresses of the same change still name it breaks them: at the next restart at the latest.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/configmap/#using-configmaps
# custom:
#   id: change/deleted-in-use
#   severity: error
#   match:
#     kinds: [core/ConfigMap, core/Secret, core/PersistentVolumeClaim, core/ServiceAccount, core/Service]
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

users := [source |
	some source in inventory.pod_sources
	pod := inventory.template_of(source).spec
	uses(pod)
] if {
	input.kind != "Service"
} else := [ingress |
	some ingress in inventory.space["networking.k8s.io/v1"].Ingress
	walk(ingress.spec, [path, value])
	path[count(path) - 1] == "service"
	value.name == names.object_name
]

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
