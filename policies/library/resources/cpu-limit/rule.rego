# METADATA
# scope: package
# title: Containers have a CPU limit
# description: >-
#   A CPU limit makes a container as fast on a full node as on an empty one, and keeps its use within what
#   is paid for. Off by default: it throttles, and the requests of the others protect them without it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: resources/cpu-limit
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set resources.limits.cpu to the most that the container may use.
#   tags: [resources]
package penstock.resources.cpu_limit

import data.penstock.lib.resources
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.scheduled
	not resources.limited(entry.container, "cpu")
	not resources.limited(workloads.pod, "cpu")
	v := {
		"msg": sprintf("%s has no CPU limit", [entry.label]),
		"at": resources.nearest(entry.container, "limits"),
		"path": array.concat(entry.path, ["resources", "limits", "cpu"]),
		"container": entry.name,
	}
}
