# METADATA
# scope: package
# title: Pods do not share namespaces of the host
# description: >-
#   With hostNetwork a pod sees the traffic and the loopback services of its node and is not bound by
#   network policies; with hostPID it sees, and may signal or inspect, every process; with hostIPC it
#   shares their memory segments.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/host-namespaces
#   severity: error
#   pss: {level: baseline, check: hostNamespaces}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove hostNetwork, hostPID and hostIPC; waive the rule for agents of the node that cannot work without.
#   tags: [security, pod-security-baseline]
package penstock.security.host_namespaces

import data.penstock.lib.workloads

violation contains v if {
	some field, what in {"hostNetwork": "network", "hostPID": "process IDs", "hostIPC": "IPC"}
	value := workloads.pod[field]
	workloads.on(value)
	v := {
		"msg": sprintf("the pod shares the %s of its node (%s)", [what, field]),
		"at": value,
		"path": array.concat(workloads.pod_path, [field]),
	}
}
