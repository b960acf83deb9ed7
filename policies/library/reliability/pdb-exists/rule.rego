# METADATA
# scope: package
# title: Workloads with replicas have a disruption budget
# description: >-
#   Without a PodDisruptionBudget a drain may evict all replicas at once. Off by default, because replicas
#   on several nodes are often enough.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   id: reliability/pdb-exists
#   severity: warning
#   enabled: false
#   match:
#     kinds: [apps/Deployment, apps/StatefulSet]
#   remediation: Add a PodDisruptionBudget with maxUnavailable 1 that selects the pods.
#   parameters:
#     minimum:
#       default: 2
#       description: The number of replicas from which on a budget is needed.
#       schema: {type: number, minimum: 1}
#   tags: [reliability]
package penstock.reliability.pdb_exists

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.parameters
import data.penstock.lib.replicas

violation contains v if {
	replicas.least.count >= parameters.number("minimum", 2)
	not guarded
	v := {
		"msg": sprintf("no PodDisruptionBudget selects the pods of %s %q", [input.kind, names.object_name]),
		"at": input.metadata,
		"path": ["metadata", "name"],
	}
}

guarded if {
	some version in ["policy/v1", "policy/v1beta1"]
	some budget in inventory.space[version].PodDisruptionBudget
	inventory.selects(budget.spec.selector, inventory.labels_of(input))
}
