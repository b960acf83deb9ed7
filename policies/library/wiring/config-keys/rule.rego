# METADATA
# scope: package
# title: Keys that pods read are in their ConfigMaps and Secrets
# description: >-
#   A container whose variable or volume names a key that its ConfigMap or Secret does not have is never
#   started. Judged are ConfigMaps and Secrets that are rendered; what is marked optional may be missing.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/
# custom:
#   id: wiring/config-keys
#   severity: error
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Correct the key, add it, or mark the reference optional.
#   tags: [wiring]
package penstock.wiring.config_keys

import data.penstock.lib.config_refs
import data.penstock.lib.inventory

violation contains v if {
	some reference in config_refs.references
	reference.key != ""
	source := inventory.space.v1[reference.kind][reference.name]
	not filled_later(source)
	not reference.key in keys(source)
	v := {
		"msg": sprintf("%s reads the key %q of the %s %q, which has no such key", [
			reference.label, reference.key, reference.kind, reference.name,
		]),
		"at": reference.at,
		"path": reference.path,
		"container": reference.container,
	}
}

keys(source) := {key |
	some field in ["data", "binaryData", "stringData"]
	some key, _ in source[field]
}

# A Secret or ConfigMap without an entry is filled by a controller, as the tokens
# of service accounts are.
filled_later(source) if count(keys(source)) == 0
