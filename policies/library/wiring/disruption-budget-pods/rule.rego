# METADATA
# scope: package
# title: Disruption budgets select pods
# description: >-
#   A PodDisruptionBudget that selects no pod guards nothing, and looks as if it did. Judged are
#   namespaces that have pods and that nothing is known to bring more to.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   id: wiring/disruption-budget-pods
#   severity: warning
#   match:
#     kinds: [policy/PodDisruptionBudget]
#   remediation: Make spec.selector labels of the pods that are meant.
#   tags: [wiring, reliability]
package penstock.wiring.disruption_budget_pods

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	is_object(input.spec.selector)
	not some_pod
	count(inventory.pod_sources) > 0
	not inventory.opaque
	v := {
		"msg": sprintf("PodDisruptionBudget %q selects no pod of its namespace", [names.object_name]),
		"at": input.spec.selector,
		"path": ["spec", "selector"],
	}
}

some_pod if {
	some source in inventory.pod_sources
	inventory.selects(input.spec.selector, inventory.labels_of(source))
}
