# METADATA
# scope: package
# title: Containers cannot gain privileges
# description: >-
#   Unless allowPrivilegeEscalation is false, a set-user-ID program in the image makes a process root
#   again. The flag no_new_privs that it sets costs nothing and breaks only programs such as sudo.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# custom:
#   id: security/privilege-escalation
#   severity: warning
#   pss: {level: restricted, check: allowPrivilegeEscalation}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Set securityContext.allowPrivilegeEscalation to false on the container; a pod has no such field.
#   tags: [security, pod-security-restricted]
package penstock.security.privilege_escalation

import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	pod_security.since(8)
	not pod_security.windows
	some entry in workloads.containers
	not forbidden(entry.container)
	v := {
		"msg": sprintf("%s allows privilege escalation", [entry.label]),
		"at": nearest(entry.container),
		"path": array.concat(entry.path, ["securityContext", "allowPrivilegeEscalation"]),
		"container": entry.name,
	}
}

forbidden(container) if container.securityContext.allowPrivilegeEscalation == false

nearest(container) := container.securityContext.allowPrivilegeEscalation if {
	true
} else := workloads.security_context(container)
