# METADATA
# scope: package
# title: Disruption budgets are not loosened
# description: >-
#   A smaller minAvailable or a larger maxUnavailable lets a drain take more pods at once than somebody
#   once decided. Deleting the budget is the same.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   id: change/pdb-loosened
#   severity: note
#   match:
#     kinds: [policy/PodDisruptionBudget]
#     operations: [UPDATE, DELETE]
#   remediation: Keep the budget, or say in the pull request why the pods can be spared.
#   tags: [change, reliability]
package penstock.change.pdb_loosened

import data.penstock.lib.names
import data.penstock.lib.quantities

violation contains v if {
	input.review.operation == "UPDATE"
	some field, sign in {"minAvailable": -1, "maxUnavailable": 1}
	before := input.review.oldObject.spec[field]
	after := input.spec[field]
	is_string(before) == is_string(after)
	quantities.share(after, 100) * sign > quantities.share(before, 100) * sign
	v := {
		"msg": sprintf("PodDisruptionBudget %q is loosened: %s goes from %v to %v", [names.object_name, field, before, after]),
		"at": after,
		"path": ["spec", field],
	}
}

violation contains v if {
	input.review.operation == "DELETE"
	v := {
		"msg": sprintf("PodDisruptionBudget %q is deleted", [names.object_name]),
		"at": input.metadata,
		"path": ["metadata", "name"],
	}
}
