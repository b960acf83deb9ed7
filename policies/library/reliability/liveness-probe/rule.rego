# METADATA
# scope: package
# title: Long-running containers have a liveness probe
# description: >-
#   A process that hangs without exiting is restarted only if a liveness probe notices. Containers that
#   run to completion need none.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/probes/
# custom:
#   id: reliability/liveness-probe
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController]
#   remediation: Add a livenessProbe that is cheap and fails only when a restart helps; it must not depend on other services.
#   tags: [reliability]
package penstock.reliability.liveness_probe

import data.penstock.lib.probes
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.long_running
	not probes.acts(entry.container, "livenessProbe")
	v := {
		"msg": sprintf("%s has no liveness probe", [entry.label]),
		"at": probes.nearest(entry.container, "livenessProbe"),
		"path": array.concat(entry.path, ["livenessProbe"]),
		"container": entry.name,
	}
}
