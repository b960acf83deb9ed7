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
	some setting in pod_security.settings("windowsOptions")
	value := setting.value.hostProcess
	workloads.on(value)
	v := {
		"msg": sprintf("%s runs as Windows HostProcess", [setting.label]),
		"at": value,
		"path": array.concat(setting.path, ["hostProcess"]),
		"container": setting.container,
	}
}
