# METADATA
# scope: package
# title: Replicas are not taken away all at once
# description: >-
#   A workload that goes to no replicas is an outage, and one that loses more than a share of them may not
#   carry what is left. Where an autoscaler sets the replicas its bounds are judged instead.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#scaling-a-deployment
# custom:
#   id: change/replicas-dropped
#   severity: warning
#   match:
#     kinds: [apps/Deployment, apps/StatefulSet, autoscaling/HorizontalPodAutoscaler]
#     operations: [UPDATE]
#   remediation: Lower the number in steps, or waive the rule where the workload is to be stopped.
#   parameters:
#     share:
#       default: 50
#       description: The largest part of the replicas that a change may take away, in percent.
#       schema: {type: number, minimum: 0, maximum: 100}
#   tags: [change, reliability]
package penstock.change.replicas_dropped

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	some field, fallback in {"replicas": 1, "minReplicas": 1, "maxReplicas": null}
	field in fields
	before := count_of(input.review.oldObject, field, fallback)
	after := count_of(input, field, fallback)
	lost := before - after
	lost * 100 > before * parameters.number("share", 50)
	lost > 0
	v := {
		"msg": sprintf("%s %q goes from %v to %v (%s)", [input.kind, names.object_name, before, after, field]),
		"at": nearest(field),
		"path": ["spec", field],
	}
}

fields := {"minReplicas", "maxReplicas"} if {
	input.kind == "HorizontalPodAutoscaler"
} else := {"replicas"}

count_of(body, field, _) := body.spec[field] if is_number(body.spec[field])

count_of(body, field, fallback) := fallback if {
	is_object(body.spec)
	is_number(fallback)
	object.get(body.spec, field, null) == null
}

nearest(field) := input.spec[field] if {
	true
} else := input.spec
