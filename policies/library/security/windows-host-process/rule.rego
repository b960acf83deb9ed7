# METADATA
# scope: package
# title: No pod runs as Windows HostProcess
# description: >-
#   A HostProcess container is what a privileged container is on Linux: it runs as a process of the
#   Windows node, under an account of the node, with all that this account may do.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/windows-host-process
#   severity: error
#   pss: {level: baseline, check: windowsHostProcess}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove windowsOptions.hostProcess; waive the rule for agents of the node that cannot work without.
#   tags: [security, pod-security-baseline]
package penstock.security.windows_host_process

import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	some holder in pod_security.contexts
	value := holder.context.windowsOptions.hostProcess
	workloads.on(value)
	v := {
		"msg": sprintf("%s runs as Windows HostProcess", [holder.owner.label]),
		"at": value,
		"path": pod_security.path_of(holder, ["windowsOptions", "hostProcess"]),
		"container": holder.owner.name,
	}
}
