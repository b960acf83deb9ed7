# METADATA
# scope: package
# title: Containers add no dangerous capabilities
# description: >-
#   Capabilities beyond the baseline of the Pod Security Standards let a process change the node's
#   network, load kernel modules, trace other processes or mount file systems; SYS_ADMIN is close to
#   privileged.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/capabilities
#   severity: error
#   pss: {level: baseline, check: capabilities_baseline}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove the capability from securityContext.capabilities.add; if the workload cannot work without, name it in the parameter allowed.
#   parameters:
#     allowed:
#       default: []
#       description: Capabilities that are allowed beyond the baseline, such as SYS_TIME.
#   tags: [security, pod-security-baseline]
package penstock.security.capabilities

import data.penstock.lib.parameters
import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	entry.container.securityContext.capabilities.add
	some i, capability in pod_security.added(entry)
	not capability in baseline
	not capability in parameters.list("allowed", [])
	v := {
		"msg": sprintf("%s adds the capability %v", [entry.label, capability]),
		"at": capability,
		"path": array.concat(array.concat(entry.path, ["securityContext", "capabilities", "add"]), i),
		"container": entry.name,
	}
}

# The names are compared as the standard does: exactly.
baseline := {
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
	"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}
