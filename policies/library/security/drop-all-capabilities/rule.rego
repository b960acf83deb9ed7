# METADATA
# scope: package
# title: Containers drop all capabilities
# description: >-
#   Container runtimes give a container more than a dozen capabilities that few programs use. The
#   restricted Pod Security Standard of Kubernetes 1.22 and later asks to drop them all and to add back
#   at most NET_BIND_SERVICE. Off by default; for teams that work towards the restricted standard.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: security/drop-all-capabilities
#   severity: warning
#   enabled: false
#   pss: {level: restricted, check: capabilities_restricted}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Set securityContext.capabilities.drop to [ALL], and add nothing but NET_BIND_SERVICE.
#   tags: [security, pod-security-restricted]
package penstock.security.drop_all_capabilities

import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	applies
	some entry in workloads.containers
	not drops_all(entry.container)
	v := {
		"msg": sprintf("%s does not drop all capabilities", [entry.label]),
		"at": nearest(entry.container),
		"path": array.concat(entry.path, ["securityContext", "capabilities", "drop"]),
		"container": entry.name,
	}
}

violation contains v if {
	applies
	some entry in workloads.containers
	entry.container.securityContext.capabilities.add
	some i, capability in pod_security.added(entry)
	capability != "NET_BIND_SERVICE"
	v := {
		"msg": sprintf("%s adds the capability %v, which the restricted standard forbids", [entry.label, capability]),
		"at": capability,
		"path": array.concat(array.concat(entry.path, ["securityContext", "capabilities", "add"]), i),
		"container": entry.name,
	}
}

applies if {
	pod_security.since(22)
	not pod_security.windows
}

drops_all(container) if "ALL" in container.securityContext.capabilities.drop

nearest(container) := container.securityContext.capabilities if {
	is_object(container.securityContext.capabilities)
} else := workloads.security_context(container)
