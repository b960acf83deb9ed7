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
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Remove the capability from securityContext.capabilities.add; if the workload cannot work without, name it in the parameter allowed.
#   parameters:
#     allowed:
#       default: []
#       description: Capabilities that are allowed beyond the baseline, such as SYS_TIME.
#   tags: [security, pod-security-baseline]
package penstock.security.capabilities

import data.penstock.lib.parameters
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some i, capability in added(entry.container)
	not capability in baseline
	not capability in parameters.list("allowed", [])
	v := {
		"msg": sprintf("%s adds the capability %v", [entry.label, capability]),
		"at": capability,
		"path": array.concat(array.concat(entry.path, ["securityContext", "capabilities", "add"]), i),
		"container": entry.name,
	}
}

# A single string in place of a list is judged like the list.
added(container) := {[]: container.securityContext.capabilities.add} if {
	is_string(container.securityContext.capabilities.add)
} else := {[i]: capability | some i, capability in container.securityContext.capabilities.add}

# The names are compared as the standard does: exactly.
baseline := {
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
	"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}
