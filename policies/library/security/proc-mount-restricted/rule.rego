# METADATA
# scope: package
# title: No container sees /proc unmasked, even in a user namespace
# description: >-
#   The restricted Pod Security Standard of Kubernetes 1.35 and later forbids what the baseline then
#   allows: an unmasked /proc in a pod with a user namespace. For older versions security/proc-mount
#   says all. Off by default; for teams that work towards the restricted standard.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: security/proc-mount-restricted
#   severity: warning
#   enabled: false
#   pss: {level: restricted, check: procMount_restricted}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove procMount.
#   tags: [security, pod-security-restricted]
package penstock.security.proc_mount_restricted

import data.penstock.lib.pod_security

violation contains v if {
	some entry in pod_security.unmasked
	pod_security.since(35)
	value := entry.container.securityContext.procMount
	v := {
		"msg": sprintf("%s mounts /proc as %v, which the restricted standard forbids", [entry.label, value]),
		"at": value,
		"path": array.concat(entry.path, ["securityContext", "procMount"]),
		"container": entry.name,
	}
}
