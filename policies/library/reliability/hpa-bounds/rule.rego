# METADATA
# scope: package
# title: Autoscalers have room to scale
# description: >-
#   minReplicas above maxReplicas is refused by the API server, and one equal to the other scales nothing.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
# custom:
#   id: reliability/hpa-bounds
#   severity: warning
#   match:
#     kinds: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   remediation: Set the maximum above the minimum, or remove the autoscaler.
#   tags: [reliability]
package penstock.reliability.hpa_bounds

import data.penstock.lib.names

violation contains v if {
	is_object(input.spec)
	some fields in [["minReplicas", "maxReplicas"], ["minReplicaCount", "maxReplicaCount"]]
	least := object.get(input.spec, fields[0], defaults[fields[0]])
	most := input.spec[fields[1]]
	is_number(least)
	is_number(most)
	least >= most
	v := {
		"msg": sprintf("%s %q cannot scale: its minimum is %v, its maximum %v", [input.kind, names.object_name, least, most]),
		"at": most,
		"path": ["spec", fields[1]],
	}
}

defaults := {"minReplicas": 1, "minReplicaCount": 0}
