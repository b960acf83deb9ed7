# METADATA
# scope: package
# title: Containers run as a user other than root
# description: >-
#   Root in a container is root on the node once it escapes, and most escapes need it. With
#   runAsNonRoot, of the pod or of each container, the kubelet starts no container as root, whatever its
#   image says. In a user namespace (hostUsers false, Kubernetes 1.35 and later) root is nobody outside.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: security/run-as-non-root
#   severity: warning
#   pss: {level: restricted, check: runAsNonRoot}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Set securityContext.runAsNonRoot to true and, if the image's user is root or has no number, runAsUser to another one.
#   tags: [security, pod-security-restricted]
package penstock.security.run_as_non_root

import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	some holder in pod_security.contexts
	value := holder.context.runAsNonRoot
	not value in {true, null}
	not pod_security.user_namespace
	v := {
		"msg": sprintf("%s may run as root (runAsNonRoot %v)", [holder.owner.label, value]),
		"at": value,
		"path": pod_security.path_of(holder, ["runAsNonRoot"]),
		"container": holder.owner.name,
	}
}

# What the pod says is judged above, once for all containers that say nothing.
violation contains v if {
	not says(workloads.pod)
	not pod_security.user_namespace
	some entry in workloads.containers
	not says(entry.container)
	v := {
		"msg": sprintf("%s may run as root", [entry.label]),
		"at": workloads.security_context(entry.container),
		"path": array.concat(entry.path, ["securityContext", "runAsNonRoot"]),
		"container": entry.name,
	}
}

says(owner) if owner.securityContext.runAsNonRoot != null
