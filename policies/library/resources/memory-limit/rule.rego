# METADATA
# scope: package
# title: Containers have a memory limit
# description: >-
#   Without a memory limit a leak in one container takes the memory of the whole node, and the kernel
#   kills whatever it picks. A CPU limit is not asked for: it throttles and protects nothing that
#   requests do not.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/
# custom:
#   id: resources/memory-limit
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set resources.limits.memory to the most that the container may use.
#   tags: [resources]
package penstock.resources.memory_limit

import data.penstock.lib.resources
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.scheduled
	not resources.limited(entry.container, "memory")
	not resources.limited(workloads.pod, "memory")
	v := {
		"msg": sprintf("%s has no memory limit", [entry.label]),
		"at": resources.nearest(entry.container, "limits"),
		"path": array.concat(entry.path, ["resources", "limits", "memory"]),
		"container": entry.name,
	}
}
