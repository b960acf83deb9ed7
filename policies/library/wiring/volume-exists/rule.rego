# METADATA
# scope: package
# title: Mounted volumes exist
# description: >-
#   A volumeMount names a volume of the pod, or a claim template of a StatefulSet. The API server refuses
#   the object otherwise.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/
# custom:
#   id: wiring/volume-exists
#   severity: error
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Add the volume to spec.volumes of the pod, or correct the name.
#   tags: [wiring]
package penstock.wiring.volume_exists

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some field in ["volumeMounts", "volumeDevices"]
	some i, mount in entry.container[field]
	is_string(mount.name)
	not mount.name in volumes
	v := {
		"msg": sprintf("%s mounts the volume %q, which the pod does not have", [entry.label, mount.name]),
		"at": mount.name,
		"path": array.concat(entry.path, [field, i, "name"]),
		"container": entry.name,
	}
}

volumes := {volume.name | some volume in workloads.pod.volumes} | {claim.metadata.name |
	some claim in input.spec.volumeClaimTemplates
}
