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
	pod_security.since(35)
	some setting in pod_security.proc_mounts
	v := {
		"msg": sprintf("%s mounts /proc as %v, which the restricted standard forbids", [setting.label, setting.value]),
		"at": setting.value,
		"path": setting.path,
		"container": setting.container,
	}
}
