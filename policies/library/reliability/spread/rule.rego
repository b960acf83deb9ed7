# METADATA
# scope: package
# title: Replicas are spread over nodes
# description: >-
#   The scheduler spreads replicas over nodes and zones as well as it can, and may still put all of them on
#   one. Topology spread constraints or pod anti-affinity say what must not happen. Off by default.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
# custom:
#   id: reliability/spread
#   severity: warning
#   enabled: false
#   match:
#     kinds: [apps/Deployment, apps/StatefulSet]
#   remediation: Add topologySpreadConstraints over kubernetes.io/hostname, or podAntiAffinity.
#   tags: [reliability]
package penstock.reliability.spread

import data.penstock.lib.names
import data.penstock.lib.replicas
import data.penstock.lib.workloads

violation contains v if {
	replicas.least.count >= 2
	not spread
	v := {
		"msg": sprintf("nothing spreads the replicas of %s %q", [input.kind, names.object_name]),
		"at": nearest,
		"path": array.concat(workloads.pod_path, ["topologySpreadConstraints"]),
	}
}

spread if {
	some constraint in workloads.pod.topologySpreadConstraints
	is_object(constraint)
}

spread if {
	some field in ["requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"]
	some term in workloads.pod.affinity.podAntiAffinity[field]
	is_object(term)
}

nearest := workloads.pod if {
	is_object(workloads.pod)
} else := input.spec
