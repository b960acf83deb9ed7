# METADATA
# scope: package
# title: Containers that serve have a readiness probe
# description: >-
#   Without a readiness probe a pod receives requests as soon as its process starts, and a rollout
#   replaces good pods by ones that do not answer yet. Containers that run to completion need none.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/probes/
# custom:
#   id: reliability/readiness-probe
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController]
#   remediation: Add a readinessProbe that succeeds only when the container can answer requests.
#   tags: [reliability]
package penstock.reliability.readiness_probe

import data.penstock.lib.probes
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.long_running
	not probes.acts(entry.container, "readinessProbe")
	v := {
		"msg": sprintf("%s has no readiness probe", [entry.label]),
		"at": probes.nearest(entry.container, "readinessProbe"),
		"path": array.concat(entry.path, ["readinessProbe"]),
		"container": entry.name,
	}
}
