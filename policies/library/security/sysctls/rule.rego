# METADATA
# scope: package
# title: Pods set only safe sysctls
# description: >-
#   A sysctl that the kernel does not keep apart for each pod changes the node for all of its pods, and
#   the kubelet refuses to start a pod with one that it was not told to allow. Which are safe grows with
#   the version of Kubernetes: 1.27, 1.29, 1.32 and 1.37 added some.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/sysctls
#   severity: warning
#   pss: {level: baseline, check: sysctls}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove the sysctl; if the kubelets allow it, name it in the parameter allowed.
#   parameters:
#     allowed:
#       default: []
#       description: Sysctls that are allowed beyond the safe ones, such as net.core.somaxconn.
#       schema: {type: array, items: {type: string}}
#   tags: [security, pod-security-baseline]
package penstock.security.sysctls

import data.penstock.lib.parameters
import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	some i, sysctl in workloads.pod.securityContext.sysctls
	setting := named(i, sysctl)
	not safe(setting.name)
	not setting.name in parameters.list("allowed", [])
	v := {
		"msg": sprintf("the pod sets the sysctl %q", [setting.name]),
		"at": setting.at,
		"path": array.concat(array.concat(workloads.pod_path, ["securityContext", "sysctls", i]), setting.tail),
	}
}

# The index tells equal sysctls apart.
named(_, sysctl) := {"name": sysctl.name, "at": sysctl.name, "tail": ["name"]} if {
	is_string(sysctl.name)
} else := {"name": "", "at": sysctl, "tail": []}

safe(name) if {
	some minor, names in added
	name in names
	pod_security.since(minor)
}

# added has the safe sysctls by the minor version of Kubernetes that added them.
added := {
	0: {
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
		"net.ipv4.ping_group_range", "net.ipv4.tcp_syncookies",
	},
	27: {"net.ipv4.ip_local_reserved_ports"},
	29: {
		"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
		"net.ipv4.tcp_keepalive_time",
	},
	32: {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"},
	37: {"net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle"},
}
