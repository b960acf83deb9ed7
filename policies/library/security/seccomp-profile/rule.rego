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
	some holder in pod_security.contexts
	profile := holder.context.seccompProfile
	profile != null
	not pod_security.allowed_profile(profile)
	found := pod_security.typed(holder, "seccompProfile")
	v := {
		"msg": sprintf("%s has a seccomp profile of the type %q", [holder.owner.label, found.type]),
		"at": found.at,
		"path": found.path,
		"container": holder.owner.name,
	}
}

violation contains v if {
	not pod_security.since(19)
	some key in annotations
	profile := pod_security.metadata.annotations[key]
	not allowed(profile)
	v := {
		"msg": sprintf("the annotation %s sets the seccomp profile %v", [key, profile]),
		"at": profile,
		"path": pod_security.annotation_path(key),
	}
}

# annotations are those that are read before 1.19; they count for containers that
# the pod has.
annotations := {"seccomp.security.alpha.kubernetes.io/pod"} | {key |
	some entry in workloads.containers
	key := concat("/", ["container.seccomp.security.alpha.kubernetes.io", entry.name])
}

allowed(profile) if profile in {"runtime/default", "docker/default"}

allowed(profile) if {
	is_string(profile)
	startswith(profile, "localhost/")
}
