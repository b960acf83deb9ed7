# METADATA
# scope: package
# title: Autoscalers scale what exists
# description: >-
#   An autoscaler whose target is missing scales nothing, and says so only in its status. The target has
#   to be in the namespace of the autoscaler.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
# custom:
#   id: wiring/scale-target
#   severity: warning
#   match:
#     kinds: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject, autoscaling.k8s.io/VerticalPodAutoscaler]
#   remediation: Correct the kind and name of the target, or add it.
#   tags: [wiring]
package penstock.wiring.scale_target

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	some field in ["scaleTargetRef", "targetRef"]
	target := input.spec[field]
	is_string(target.name)
	kind := object.get(target, "kind", "Deployment")
	kind in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}
	not inventory.space["apps/v1"][kind][target.name]
	not inventory.opaque
	v := {
		"msg": sprintf("%s %q scales the %s %q, which is not rendered", [input.kind, names.object_name, kind, target.name]),
		"at": target,
		"path": ["spec", field],
	}
}
