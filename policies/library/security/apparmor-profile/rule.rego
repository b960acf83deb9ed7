# METADATA
# scope: package
# title: Containers keep the AppArmor profile of the runtime
# description: >-
#   On nodes with AppArmor the profile of the runtime keeps a container from mounting file systems and
#   from writing what the kernel exposes. Unconfined takes that away. The annotation that was there
#   before the field counts as well.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/apparmor-profile
#   severity: warning
#   pss: {level: baseline, check: appArmorProfile}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove the profile, or set its type to RuntimeDefault or Localhost.
#   tags: [security, pod-security-baseline]
package penstock.security.apparmor_profile

import data.penstock.lib.pod_security

violation contains v if {
	some profile in pod_security.profiles("appArmorProfile")
	v := {
		"msg": sprintf("%s has an AppArmor profile of the type %q", [profile.label, profile.type]),
		"at": profile.at,
		"path": profile.path,
		"container": profile.container,
	}
}

violation contains v if {
	some annotation in pod_security.annotations
	startswith(annotation.key, "container.apparmor.security.beta.kubernetes.io/")
	not allowed(annotation.value)
	v := {
		"msg": sprintf("the annotation %s sets the AppArmor profile %v", [annotation.key, annotation.value]),
		"at": annotation.value,
		"path": annotation.path,
	}
}

allowed(profile) if profile in {"", "runtime/default"}

allowed(profile) if {
	is_string(profile)
	startswith(profile, "localhost/")
}
