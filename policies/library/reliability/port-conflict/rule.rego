# METADATA
# scope: package
# title: Containers of a pod use different ports
# description: >-
#   The containers of a pod share one network: the second that listens on a port cannot start.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/#pod-networking
# custom:
#   id: reliability/port-conflict
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Give one of the containers another port.
#   tags: [reliability, network]
package penstock.reliability.port_conflict

import data.penstock.lib.workloads

violation contains v if {
	some entry in running
	some i, port in entry.container.ports
	is_number(port.containerPort)
	some other in running
	other.path != entry.path
	some theirs in other.container.ports
	theirs.containerPort == port.containerPort
	protocol(theirs) == protocol(port)
	v := {
		"msg": sprintf("%s uses port %v, and so does %s", [entry.label, port.containerPort, other.label]),
		"at": port.containerPort,
		"path": array.concat(entry.path, ["ports", i, "containerPort"]),
		"container": entry.name,
	}
}

# Init containers that are no sidecars have ended before the others start.
running := [entry |
	some entry in workloads.containers
	workloads.stays(entry)
]

protocol(port) := port.protocol if {
	is_string(port.protocol)
} else := "TCP"
