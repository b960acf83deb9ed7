# METADATA
# scope: package
# title: Storage classes exist
# description: >-
#   A claim of a storage class that is missing waits for ever. Off by default, because classes are part of
#   the cluster as a rule; switch it on where the environment has all of them.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/storage-classes/
# custom:
#   id: governance/storage-class-exists
#   severity: warning
#   enabled: false
#   match:
#     kinds: [core/PersistentVolumeClaim, apps/StatefulSet]
#   remediation: Name a StorageClass of the cluster, or add it to the parameter present.
#   parameters:
#     present:
#       default: []
#       description: Storage classes that the cluster has; a star stands for anything.
#       schema: {type: array, items: {type: string}}
#   tags: [governance, wiring]
package penstock.governance.storage_class_exists

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	some claim in claims
	class := claim.spec.storageClassName
	is_string(class)
	class != ""
	not data.inventory.cluster["storage.k8s.io/v1"].StorageClass[class]
	not names.any_match(parameters.list("present", []), class)
	v := {
		"msg": sprintf("%s %q names the storage class %q, which is not rendered", [input.kind, names.object_name, class]),
		"at": class,
		"path": array.concat(claim.path, ["spec", "storageClassName"]),
	}
}

claims := [{"spec": input.spec, "path": []}] if {
	input.kind == "PersistentVolumeClaim"
} else := [claim |
	some i, template in input.spec.volumeClaimTemplates
	claim := {"spec": template.spec, "path": ["spec", "volumeClaimTemplates", i]}
]
