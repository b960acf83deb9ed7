# METADATA
# scope: package
# title: Workloads select their own pods
# description: >-
#   The selector of a workload has to match the labels of its pod template. The API server refuses the
#   object otherwise, and a replaced label in an overlay is enough for it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector
# custom:
#   id: wiring/selector-labels
#   severity: error
#   match:
#     kinds: [apps/Deployment, apps/StatefulSet, apps/DaemonSet, apps/ReplicaSet]
#   remediation: Give the pod template the labels of spec.selector; the selector of what runs already cannot be changed.
#   tags: [wiring]
package penstock.wiring.selector_labels

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	some key, value in input.spec.selector.matchLabels
	not inventory.has(inventory.labels_of(input), key, value)
	v := {
		"msg": sprintf("%s %q selects the label %v=%v, which its pods do not have", [input.kind, names.object_name, key, value]),
		"at": value,
		"path": ["spec", "selector", "matchLabels", key],
	}
}

violation contains v if {
	some i, expression in input.spec.selector.matchExpressions
	is_object(expression)
	not inventory.satisfied(expression, inventory.labels_of(input))
	v := {
		"msg": sprintf("%s %q selects by the label %v in a way that its pods do not satisfy", [
			input.kind,
			names.object_name,
			object.get(expression, "key", ""),
		]),
		"at": expression,
		"path": ["spec", "selector", "matchExpressions", i],
	}
}
