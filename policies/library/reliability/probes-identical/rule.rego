# METADATA
# scope: package
# title: Liveness and readiness probes differ
# description: >-
#   A liveness probe that is the readiness probe, with the same limits, restarts a container at the moment
#   when it should only be spared requests: overload becomes an outage. Off by default, because many
#   charts have it so.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/probes/
# custom:
#   id: reliability/probes-identical
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController]
#   remediation: Let the liveness probe ask less, or give it a larger failureThreshold.
#   tags: [reliability]
package penstock.reliability.probes_identical

import data.penstock.lib.probes
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.long_running
	probes.acts(entry.container, "livenessProbe")
	entry.container.livenessProbe == entry.container.readinessProbe
	v := {
		"msg": sprintf("%s has the same liveness and readiness probe", [entry.label]),
		"at": entry.container.livenessProbe,
		"path": array.concat(entry.path, ["livenessProbe"]),
		"container": entry.name,
	}
}
