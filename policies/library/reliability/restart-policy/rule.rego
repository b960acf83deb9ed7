# METADATA
# scope: package
# title: Pods restart as their kind demands
# description: >-
#   Jobs and CronJobs need the restart policy OnFailure or Never, and have to say so; workloads that keep
#   running need Always. The API server refuses anything else.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
# custom:
#   id: reliability/restart-policy
#   severity: error
#   match:
#     kinds: [Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob]
#   remediation: Set restartPolicy of the pod template to OnFailure or Never in a Job, and leave it out elsewhere.
#   tags: [reliability]
package penstock.reliability.restart_policy

import data.penstock.lib.workloads

violation contains v if {
	input.kind in {"Job", "CronJob"}
	is_object(workloads.pod)
	not object.get(workloads.pod, "restartPolicy", "") in {"OnFailure", "Never"}
	v := {
		"msg": sprintf("the pods of a %s need the restart policy OnFailure or Never", [input.kind]),
		"at": nearest,
		"path": array.concat(workloads.pod_path, ["restartPolicy"]),
	}
}

violation contains v if {
	not input.kind in {"Job", "CronJob"}
	policy := workloads.pod.restartPolicy
	not policy in {"Always", "", null}
	v := {
		"msg": sprintf("the pods of a %s cannot have the restart policy %v", [input.kind, policy]),
		"at": policy,
		"path": array.concat(workloads.pod_path, ["restartPolicy"]),
	}
}

nearest := workloads.pod.restartPolicy if {
	true
} else := workloads.pod
