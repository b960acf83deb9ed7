# METADATA
# scope: package
# title: Containers take no ports of the host
# description: >-
#   A host port is open on the node itself, past every Service and, with most networks, past network
#   policies; and two pods that want the same one cannot run on one node. Ports that hostNetwork opens
#   are found by security/host-namespaces.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/host-ports
#   severity: warning
#   pss: {level: baseline, check: hostPorts}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove hostPort and use a Service; name the ports that agents of the node need in the parameter allowed.
#   parameters:
#     allowed:
#       default: []
#       description: Ports of the host that may be taken, as numbers.
#       schema: {type: array, items: {type: integer}}
#   tags: [security, pod-security-baseline]
package penstock.security.host_ports

import data.penstock.lib.parameters
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some i, port in entry.container.ports
	value := port.hostPort
	not value in {0, null}
	not value in parameters.list("allowed", [])
	v := {
		"msg": sprintf("%s takes the port %v of its node", [entry.label, value]),
		"at": value,
		"path": array.concat(entry.path, ["ports", i, "hostPort"]),
		"container": entry.name,
	}
}
