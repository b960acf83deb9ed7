# METADATA
# scope: package
# title: Pods do not turn seccomp off
# description: >-
#   The seccomp profile of the runtime keeps a container from some fifty system calls, many of which
#   were the way into the kernel. Unconfined allows all of them. Before Kubernetes 1.19 the standard
#   reads annotations in place of the field.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/seccomp-profile
#   severity: warning
#   pss: {level: baseline, check: seccompProfile_baseline}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Set the type of seccompProfile to RuntimeDefault, or to Localhost with a profile of your own.
#   tags: [security, pod-security-baseline]
package penstock.security.seccomp_profile

import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	pod_security.since(19)
	some profile in pod_security.profiles("seccompProfile")
	v := {
		"msg": sprintf("%s has a seccomp profile of the type %q", [profile.label, profile.type]),
		"at": profile.at,
		"path": profile.path,
		"container": profile.container,
	}
}

violation contains v if {
	not pod_security.since(19)
	some annotation in pod_security.annotations
	annotation.key in annotations
	not allowed(annotation.value)
	v := {
		"msg": sprintf("the annotation %s sets the seccomp profile %v", [annotation.key, annotation.value]),
		"at": annotation.value,
		"path": annotation.path,
	}
}

annotations := {"seccomp.security.alpha.kubernetes.io/pod"} | {key |
	some entry in workloads.containers
	key := concat("/", ["container.seccomp.security.alpha.kubernetes.io", entry.name])
}

allowed(profile) if profile in {"runtime/default", "docker/default"}

allowed(profile) if {
	is_string(profile)
	startswith(profile, "localhost/")
}
