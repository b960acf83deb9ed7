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
	pod_security.since(34)
	some entry in workloads.containers
	some handler in handlers(entry.container)
	some action in ["httpGet", "tcpSocket"]
	value := handler.value[action].host
	not value in {"", null}
	v := {
		"msg": sprintf("the %s of %s calls the host %v", [handler.name, entry.label, value]),
		"at": value,
		"path": array.concat(array.concat(entry.path, handler.path), [action, "host"]),
		"container": entry.name,
	}
}

handlers(container) := array.concat(
	[{"name": name, "path": [name], "value": value} |
		some name in ["livenessProbe", "readinessProbe", "startupProbe"]
		value := container[name]
	],
	[{"name": name, "path": ["lifecycle", name], "value": value} |
		some name in ["postStart", "preStop"]
		value := container.lifecycle[name]
	],
)
