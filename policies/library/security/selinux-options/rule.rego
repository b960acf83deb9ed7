# METADATA
# scope: package
# title: Pods keep to the SELinux types for containers
# description: >-
#   SELinux confines containers by the type of their processes. Another type than those for containers,
#   such as spc_t, or another user or role takes the confinement away. From Kubernetes 1.31
#   container_engine_t is one of the types.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/selinux-options
#   severity: warning
#   pss: {level: baseline, check: seLinuxOptions}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove user and role from seLinuxOptions, and set no type but container_t, container_init_t, container_kvm_t or container_engine_t.
#   tags: [security, pod-security-baseline]
package penstock.security.selinux_options

import data.penstock.lib.pod_security

violation contains v if {
	some holder in pod_security.contexts
	some field, value in holder.context.seLinuxOptions
	field in {"type", "user", "role"}
	not allowed(field, value)
	v := {
		"msg": sprintf("%s sets the SELinux %s %v", [holder.owner.label, field, value]),
		"at": value,
		"path": pod_security.path_of(holder, ["seLinuxOptions", field]),
		"container": holder.owner.name,
	}
}

allowed(_, value) if value in {"", null}

allowed("type", value) if value in {"container_t", "container_init_t", "container_kvm_t"}

allowed("type", "container_engine_t") if pod_security.since(31)
