# METADATA
# scope: package
# title: Nothing offers a remote shell
# description: >-
#   A container or a Service with the port of SSH, telnet or a remote desktop lets people into pods past
#   the API server and its audit log. Git servers and the like are named in a parameter.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/
# custom:
#   id: network/remote-shell-port
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, core/Service]
#   remediation: Remove the port; kubectl exec and debug work without it.
#   parameters:
#     ports:
#       default: [22, 23, 3389, 5900]
#       description: Ports that are not to be offered.
#       schema: {type: array, items: {type: integer, minimum: 1, maximum: 65535}}
#     allowed:
#       default: []
#       description: Objects that may offer them, as namespace/name; a star stands for anything between slashes.
#       schema: {type: array, items: {type: string}}
#   tags: [network, security]
package penstock.network.remote_shell_port

import data.penstock.lib.names
import data.penstock.lib.parameters
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some i, port in entry.container.ports
	port.containerPort in parameters.list("ports", [22, 23, 3389, 5900])
	not allowed
	v := {
		"msg": sprintf("%s has port %v, which is for remote shells", [entry.label, port.containerPort]),
		"at": port.containerPort,
		"path": array.concat(entry.path, ["ports", i, "containerPort"]),
		"container": entry.name,
	}
}

violation contains v if {
	input.kind == "Service"
	some i, port in input.spec.ports
	port.port in parameters.list("ports", [22, 23, 3389, 5900])
	not allowed
	v := {
		"msg": sprintf("Service %q has port %v, which is for remote shells", [names.object_name, port.port]),
		"at": port.port,
		"path": ["spec", "ports", i, "port"],
	}
}

allowed if names.any_match(parameters.list("allowed", []), names.qualified)
