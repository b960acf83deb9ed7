# METADATA
# scope: package
# title: Containers limit their ephemeral storage
# description: >-
#   Logs, the writable layer and emptyDir volumes fill the disk of the node, and the kubelet then evicts
#   pods of others. A limit evicts the pod that does it. Off by default, because few charts set one.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/ephemeral-storage/
# custom:
#   id: resources/ephemeral-storage
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set resources.limits.ephemeral-storage to the most that the container may write.
#   tags: [resources]
package penstock.resources.ephemeral_storage

import data.penstock.lib.resources
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.scheduled
	not resources.limited(entry.container, "ephemeral-storage")
	v := {
		"msg": sprintf("%s has no limit of ephemeral storage", [entry.label]),
		"at": resources.nearest(entry.container, "limits"),
		"path": array.concat(entry.path, ["resources", "limits", "ephemeral-storage"]),
		"container": entry.name,
	}
}
