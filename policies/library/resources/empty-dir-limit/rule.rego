# METADATA
# scope: package
# title: emptyDir volumes have a size limit
# description: >-
#   An emptyDir without sizeLimit may fill the disk of its node, and with medium Memory its memory. Off by
#   default, because few charts set one.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
# custom:
#   id: resources/empty-dir-limit
#   severity: note
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set emptyDir.sizeLimit to the most that the pod may write.
#   tags: [resources]
package penstock.resources.empty_dir_limit

import data.penstock.lib.workloads

violation contains v if {
	some i, volume in workloads.pod.volumes
	is_object(volume.emptyDir)
	object.get(volume.emptyDir, "sizeLimit", "") in {"", "0", 0, null}
	v := {
		"msg": sprintf("volume %q is an emptyDir without a size limit", [object.get(volume, "name", "")]),
		"at": volume.emptyDir,
		"path": array.concat(workloads.pod_path, ["volumes", i, "emptyDir", "sizeLimit"]),
	}
}
