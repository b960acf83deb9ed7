# METADATA
# scope: package
# title: Containers do not ask for root
# description: >-
#   Root in a container is root on the node once it escapes, and most escapes need it. A runAsUser of 0,
#   of the pod or of a container, asks for it. Part of the restricted standard from Kubernetes 1.23; in
#   a user namespace (hostUsers false, 1.35 and later) root is nobody outside.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: security/run-as-user
#   severity: warning
#   pss: {level: restricted, check: runAsUser}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove runAsUser, or set it to another user than 0.
#   tags: [security, pod-security-restricted]
package penstock.security.run_as_user

import data.penstock.lib.pod_security

violation contains v if {
	some holder in pod_security.contexts
	value := holder.context.runAsUser
	value in {0, "0"}
	pod_security.since(23)
	not pod_security.user_namespace
	v := {
		"msg": sprintf("%s runs as root (runAsUser 0)", [holder.owner.label]),
		"at": value,
		"path": pod_security.path_of(holder, ["runAsUser"]),
		"container": holder.owner.name,
	}
}
