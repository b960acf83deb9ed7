# METADATA
# scope: package
# title: Containers drop all capabilities
# description: >-
#   Container runtimes give a container more than a dozen capabilities that few programs use. The
#   restricted Pod Security Standard asks to drop them all and to add back at most NET_BIND_SERVICE.
#   Off by default; for teams that work towards the restricted standard.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: security/drop-all-capabilities
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set securityContext.capabilities.drop to [ALL].
#   tags: [security, pod-security-restricted]
package penstock.security.drop_all_capabilities

import data.penstock.lib.workloads

violation contains v if {
	not workloads.windows
	some entry in workloads.containers
	not drops_all(entry.container)
	v := {
		"msg": sprintf("%s does not drop all capabilities", [entry.label]),
		"at": nearest(entry.container),
		"path": array.concat(entry.path, ["securityContext", "capabilities", "drop"]),
		"container": entry.name,
	}
}

drops_all(container) if "ALL" in container.securityContext.capabilities.drop

nearest(container) := container.securityContext.capabilities if {
	is_object(container.securityContext.capabilities)
} else := workloads.security_context(container)
