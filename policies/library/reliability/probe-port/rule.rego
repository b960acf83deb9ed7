# METADATA
# scope: package
# title: Probes use ports that the container has
# description: >-
#   A probe whose port is a name looks the name up in the ports of its own container. Without it the probe
#   fails each time: the pod is never ready, or restarted for ever. Numbers are not judged.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#use-a-named-port
# custom:
#   id: reliability/probe-port
#   severity: error
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Write the name that the container gives its port, or the number.
#   tags: [reliability, wiring]
package penstock.reliability.probe_port

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some probe in ["livenessProbe", "readinessProbe", "startupProbe"]
	some handler in ["httpGet", "tcpSocket"]
	port := entry.container[probe][handler].port
	is_string(port)
	not regex.match(`^[0-9]+$`, port)
	not port in named(entry.container)
	v := {
		"msg": sprintf("%s has a %s on the port %q, which it does not have", [entry.label, probe, port]),
		"at": port,
		"path": array.concat(entry.path, [probe, handler, "port"]),
		"container": entry.name,
	}
}

named(container) := {port.name | some port in container.ports}
