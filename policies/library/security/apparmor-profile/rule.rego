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
import data.penstock.lib.workloads

violation contains v if {
	some holder in pod_security.contexts
	profile := holder.context.appArmorProfile
	profile != null
	not pod_security.allowed_profile(profile)
	found := pod_security.typed(holder, "appArmorProfile")
	v := {
		"msg": sprintf("%s has an AppArmor profile of the type %q", [holder.owner.label, found.type]),
		"at": found.at,
		"path": found.path,
		"container": holder.owner.name,
	}
}

violation contains v if {
	some key, profile in pod_security.metadata.annotations
	is_string(key)
	startswith(key, "container.apparmor.security.beta.kubernetes.io/")
	workloads.pod
	not allowed(profile)
	v := {
		"msg": sprintf("the annotation %s sets the AppArmor profile %v", [key, profile]),
		"at": profile,
		"path": pod_security.annotation_path(key),
	}
}

allowed(profile) if profile in {"", "runtime/default", null}

allowed(profile) if {
	is_string(profile)
	startswith(profile, "localhost/")
}
