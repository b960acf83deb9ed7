# METADATA
# scope: package
# title: Pods are given time to end
# description: >-
#   With terminationGracePeriodSeconds 0 a pod is killed at once and taken out of the API before it is
#   known to be gone: requests are cut off, and two pods of a StatefulSet may run under one name. A sleep
#   before the end that is longer than the grace period is cut off, too.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
# custom:
#   id: reliability/termination-grace
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController]
#   remediation: Set terminationGracePeriodSeconds to what the program needs to finish its work, and above every sleep in a preStop hook.
#   tags: [reliability]
package penstock.reliability.termination_grace

import data.penstock.lib.workloads

violation contains v if {
	workloads.pod.terminationGracePeriodSeconds == 0
	v := {
		"msg": "the pod is killed without time to end (terminationGracePeriodSeconds 0)",
		"at": workloads.pod.terminationGracePeriodSeconds,
		"path": array.concat(workloads.pod_path, ["terminationGracePeriodSeconds"]),
	}
}

violation contains v if {
	some entry in workloads.containers
	seconds := entry.container.lifecycle.preStop.sleep.seconds
	is_number(seconds)
	seconds >= grace
	v := {
		"msg": sprintf("%s sleeps for %v seconds before its end, and is killed after %v", [entry.label, seconds, grace]),
		"at": seconds,
		"path": array.concat(entry.path, ["lifecycle", "preStop", "sleep", "seconds"]),
		"container": entry.name,
	}
}

grace := workloads.pod.terminationGracePeriodSeconds if {
	is_number(workloads.pod.terminationGracePeriodSeconds)
} else := 30
