# METADATA
# scope: package
# title: Containers have a seccomp profile
# description: >-
#   Unless the kubelet is told otherwise, a container that asks for no seccomp profile runs without one.
#   The restricted Pod Security Standard of Kubernetes 1.19 and later asks for one, of the pod or of
#   each container. Off by default; for teams that work towards the restricted standard.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: security/seccomp-profile-restricted
#   severity: warning
#   enabled: false
#   pss: {level: restricted, check: seccompProfile_restricted}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Set securityContext.seccompProfile.type of the pod to RuntimeDefault.
#   tags: [security, pod-security-restricted]
package penstock.security.seccomp_profile_restricted

import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	applies
	some holder in pod_security.contexts
	profile := holder.context.seccompProfile
	profile != null
	not pod_security.allowed_profile(profile)
	found := pod_security.typed(holder, "seccompProfile")
	v := {
		"msg": sprintf("%s has a seccomp profile of the type %q, which the restricted standard forbids", [holder.owner.label, found.type]),
		"at": found.at,
		"path": found.path,
		"container": holder.owner.name,
	}
}

# A profile of the pod that is forbidden is found above, once.
violation contains v if {
	applies
	not has_profile(workloads.pod)
	some entry in workloads.containers
	not has_profile(entry.container)
	v := {
		"msg": sprintf("%s has no seccomp profile", [entry.label]),
		"at": workloads.security_context(entry.container),
		"path": array.concat(entry.path, ["securityContext", "seccompProfile"]),
		"container": entry.name,
	}
}

applies if {
	pod_security.since(19)
	not pod_security.windows
}

has_profile(owner) if owner.securityContext.seccompProfile != null
