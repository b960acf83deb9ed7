# METADATA
# scope: package
# title: Containers listen on ports above 1023
# description: >-
#   Ports below 1024 need a privilege, or a setting of the node. Off by default, because container
#   runtimes allow them to every user by now, and images that listen on 80 are many.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: network/privileged-port
#   severity: note
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Let the program listen on a port such as 8080, and let the Service have 80.
#   tags: [network, security]
package penstock.network.privileged_port

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some i, port in entry.container.ports
	is_number(port.containerPort)
	port.containerPort < 1024
	v := {
		"msg": sprintf("%s listens on the privileged port %v", [entry.label, port.containerPort]),
		"at": port.containerPort,
		"path": array.concat(entry.path, ["ports", i, "containerPort"]),
		"container": entry.name,
	}
}
