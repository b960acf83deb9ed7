# METADATA
# scope: package
# title: Containers run as a user other than root
# description: >-
#   Root in a container is root on the node once it escapes, and most escapes need it. A container is
#   safe with runAsNonRoot, or with a runAsUser other than 0, of its own or of its pod. In a user
#   namespace (hostUsers false, Kubernetes 1.35 and later) root is nobody outside.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: security/run-as-non-root
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set securityContext.runAsNonRoot to true and, if the image's user is root, runAsUser to another one.
#   tags: [security, pod-security-restricted]
package penstock.security.run_as_non_root

import data.penstock.lib.versions
import data.penstock.lib.workloads

violation contains v if {
	not own_users
	some entry in workloads.containers
	user := given(entry, "runAsUser")
	user.value == 0
	v := {
		"msg": sprintf("%s runs as root (runAsUser 0)", [entry.label]),
		"at": user.value,
		"path": array.concat(user.holder, ["securityContext", "runAsUser"]),
		"container": entry.name,
	}
}

violation contains v if {
	not own_users
	some entry in workloads.containers
	not numbered(entry)
	not says_so(entry)
	v := {
		"msg": sprintf("%s may run as root", [entry.label]),
		"at": workloads.security_context(entry.container),
		"path": array.concat(entry.path, ["securityContext", "runAsNonRoot"]),
		"container": entry.name,
	}
}

own_users if {
	workloads.pod.hostUsers == false
	versions.environment >= [1, 35]
	versions.parse(input.review.environment.kubernetesVersion)
}

# A user that is given, root or not, is judged by its number, not by runAsNonRoot.
numbered(entry) if is_number(given(entry, "runAsUser").value)

says_so(entry) if given(entry, "runAsNonRoot").value == true

# given is a field of the container's security context, else of the pod's, and the
# path of the one that holds it.
given(entry, field) := {"value": entry.container.securityContext[field], "holder": entry.path} if {
	entry.container.securityContext[field] != null
} else := {"value": workloads.pod.securityContext[field], "holder": workloads.pod_path} if {
	workloads.pod.securityContext[field] != null
}
