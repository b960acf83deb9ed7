# METADATA
# scope: package
# title: Claims that pods mount exist
# description: >-
#   A pod that mounts a PersistentVolumeClaim which is missing is never scheduled. The claims of a
#   StatefulSet are made by it and not meant here.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes
# custom:
#   id: wiring/claim-exists
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Correct the name, or add the PersistentVolumeClaim to the namespace.
#   tags: [wiring]
package penstock.wiring.claim_exists

import data.penstock.lib.inventory
import data.penstock.lib.workloads

violation contains v if {
	some i, volume in workloads.pod.volumes
	name := volume.persistentVolumeClaim.claimName
	is_string(name)
	not inventory.space.v1.PersistentVolumeClaim[name]
	not of_a_stateful_set(name)
	not inventory.opaque
	v := {
		"msg": sprintf("the pod mounts the claim %q, which is not rendered", [name]),
		"at": name,
		"path": array.concat(workloads.pod_path, ["volumes", i, "persistentVolumeClaim", "claimName"]),
	}
}

# The claim of a replica is <template>-<StatefulSet>-<ordinal>.
of_a_stateful_set(name) if {
	some set_name, object in inventory.space["apps/v1"].StatefulSet
	some claim in object.spec.volumeClaimTemplates
	startswith(name, sprintf("%v-%v-", [claim.metadata.name, set_name]))
}
