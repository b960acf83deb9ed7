# METADATA
# scope: package
# title: Autoscaled containers request what is measured
# description: >-
#   A HorizontalPodAutoscaler on the utilisation of CPU or memory compares with the requests of the pods.
#   A container without such a request makes it say "missing request for cpu", and scale nothing.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work
# custom:
#   id: reliability/hpa-needs-requests
#   severity: warning
#   match:
#     kinds: [apps/Deployment, apps/StatefulSet]
#   remediation: Request the resource in every container of the pod, sidecars included.
#   tags: [reliability, resources]
package penstock.reliability.hpa_needs_requests

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.resources
import data.penstock.lib.workloads

violation contains v if {
	some hpa in inventory.autoscalers(input.kind, names.object_name)
	some resource in measured(hpa)
	some entry in workloads.long_running
	not resources.requested(entry.container, resource)
	not resources.requested(workloads.pod, resource)
	not defaults
	v := {
		"msg": sprintf("%s requests no %s, which HorizontalPodAutoscaler %q measures by", [entry.label, resource, hpa.metadata.name]),
		"at": resources.nearest(entry.container, "requests"),
		"path": array.concat(entry.path, ["resources", "requests", resource]),
		"container": entry.name,
	}
}

measured(hpa) := {metric.resource.name |
	some metric in hpa.spec.metrics
	metric.type == "Resource"
	metric.resource.target.type == "Utilization"
} | {"cpu" | hpa.spec.targetCPUUtilizationPercentage}

# A LimitRange may set what is missing.
defaults if {
	some range in inventory.space.v1.LimitRange
	range
}
