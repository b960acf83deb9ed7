# METADATA
# scope: package
# title: Containers see /proc as the runtime masks it
# description: >-
#   The runtime hides parts of /proc from a container and makes others read-only, since through them a
#   process learns of and changes the node. Unmasked shows all of it. From Kubernetes 1.35 the baseline
#   allows that in a user namespace (hostUsers false).
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/proc-mount
#   severity: error
#   pss: {level: baseline, check: procMount}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove procMount, or give the pod a user namespace with hostUsers set to false.
#   tags: [security, pod-security-baseline]
package penstock.security.proc_mount

import data.penstock.lib.pod_security

violation contains v if {
	some entry in pod_security.unmasked
	not pod_security.user_namespace
	value := entry.container.securityContext.procMount
	v := {
		"msg": sprintf("%s mounts /proc as %v", [entry.label, value]),
		"at": value,
		"path": array.concat(entry.path, ["securityContext", "procMount"]),
		"container": entry.name,
	}
}
