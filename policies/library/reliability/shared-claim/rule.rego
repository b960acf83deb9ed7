# METADATA
# scope: package
# title: Replicas do not share a volume that one node mounts
# description: >-
#   A claim that is ReadWriteOnce is mounted by one node, and one that is ReadWriteOncePod by one pod. The
#   other replicas of a Deployment wait for it for ever, as soon as they land elsewhere.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
# custom:
#   id: reliability/shared-claim
#   severity: warning
#   match:
#     kinds: [apps/Deployment, apps/ReplicaSet]
#   remediation: Use a StatefulSet with claim templates, a claim that is ReadWriteMany, or one replica.
#   tags: [reliability]
package penstock.reliability.shared_claim

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.replicas
import data.penstock.lib.workloads

violation contains v if {
	some i, volume in workloads.pod.volumes
	claim := volume.persistentVolumeClaim.claimName
	modes := inventory.space.v1.PersistentVolumeClaim[claim].spec.accessModes
	count({mode | some mode in modes; not mode in {"ReadWriteOnce", "ReadWriteOncePod"}}) == 0
	some mode in modes
	most := replicas.most(input)
	is_number(most)
	most > 1
	v := {
		"msg": sprintf("up to %v replicas of %s %q mount the claim %q, which is %v", [most, input.kind, names.object_name, claim, mode]),
		"at": claim,
		"path": array.concat(workloads.pod_path, ["volumes", i, "persistentVolumeClaim", "claimName"]),
	}
}
