# METADATA
# scope: package
# title: Probes and hooks address their own pod
# description: >-
#   The kubelet sends probes and lifecycle hooks from the node. With a host of its own a probe makes the
#   kubelet call any address that the node reaches, past the network policies of the pod. Part of the
#   baseline from Kubernetes 1.34.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/host-probes
#   severity: warning
#   pss: {level: baseline, check: hostProbesAndHostLifecycle}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove host from the httpGet or tcpSocket of the probe or hook; for another Host header use httpHeaders.
#   tags: [security, pod-security-baseline]
package penstock.security.host_probes

import data.penstock.lib.pod_security
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some name in ["livenessProbe", "readinessProbe", "startupProbe"]
	some v in hosts(entry, [name], entry.container[name])
}

violation contains v if {
	some entry in workloads.containers
	some name, hook in entry.container.lifecycle
	name in {"postStart", "preStop"}
	some v in hosts(entry, ["lifecycle", name], hook)
}

# hosts are the violations of the handler at a path of a container.
hosts(entry, path, handler) := [v |
	some action in ["httpGet", "tcpSocket"]
	value := handler[action].host
	not value in {"", null}
	pod_security.since(34)
	v := {
		"msg": sprintf("the %s of %s calls the host %v", [path[count(path) - 1], entry.label, value]),
		"at": value,
		"path": array.concat(array.concat(entry.path, path), [action, "host"]),
		"container": entry.name,
	}
]
