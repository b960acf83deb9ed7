# METADATA
# scope: package
# title: Containers are not privileged
# description: >-
#   A privileged container has every device and every capability of its node, and no isolation from it:
#   whoever gets into the container owns the node and the secrets of every pod on it. A Windows
#   HostProcess container is the same on Windows.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/privileged
#   severity: error
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Remove privileged (or hostProcess) and add only the capabilities that the container needs.
#   tags: [security, pod-security-baseline]
package penstock.security.privileged

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	value := entry.container.securityContext.privileged
	workloads.on(value)
	v := {
		"msg": sprintf("%s runs as privileged", [entry.label]),
		"at": value,
		"path": array.concat(entry.path, ["securityContext", "privileged"]),
		"container": entry.name,
	}
}

violation contains v if {
	some entry in workloads.containers
	value := entry.container.securityContext.windowsOptions.hostProcess
	workloads.on(value)
	v := {
		"msg": sprintf("%s runs as a Windows HostProcess container", [entry.label]),
		"at": value,
		"path": array.concat(entry.path, ["securityContext", "windowsOptions", "hostProcess"]),
		"container": entry.name,
	}
}

violation contains v if {
	value := workloads.pod.securityContext.windowsOptions.hostProcess
	workloads.on(value)
	v := {
		"msg": "the pod runs as Windows HostProcess containers",
		"at": value,
		"path": array.concat(workloads.pod_path, ["securityContext", "windowsOptions", "hostProcess"]),
	}
}
