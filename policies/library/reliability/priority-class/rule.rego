# METADATA
# scope: package
# title: Pods have a priority class
# description: >-
#   When nodes are full, the scheduler makes room by priority, and pods without a class are all alike. Off
#   by default, because classes are a decision of the cluster.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
# custom:
#   id: reliability/priority-class
#   severity: note
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set priorityClassName to a class of the cluster.
#   tags: [reliability]
package penstock.reliability.priority_class

import data.penstock.lib.workloads

violation contains v if {
	is_object(workloads.pod)
	object.get(workloads.pod, "priorityClassName", "") in {"", null}
	v := {
		"msg": "the pod has no priority class",
		"at": workloads.pod,
		"path": array.concat(workloads.pod_path, ["priorityClassName"]),
	}
}
