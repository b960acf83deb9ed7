# METADATA
# scope: package
# title: Disruption budgets let pods be evicted
# description: >-
#   A PodDisruptionBudget that leaves no pod to evict stops every drain: node upgrades and the cluster
#   autoscaler hang until somebody deletes pods by hand. It does so with maxUnavailable 0, with
#   minAvailable 100%, or with minAvailable as large as the number of replicas. A change of replicas that
#   makes a budget block is found at the workload.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   id: reliability/pdb-blocks-eviction
#   severity: error
#   match:
#     kinds: [policy/PodDisruptionBudget, apps/Deployment, apps/StatefulSet, apps/ReplicaSet]
#   remediation: Set maxUnavailable to 1, or minAvailable below the number of replicas.
#   tags: [reliability]
package penstock.reliability.pdb_blocks_eviction

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.replicas

violation contains v if {
	input.kind == "PodDisruptionBudget"
	value := input.spec.maxUnavailable
	none(value)
	v := {
		"msg": sprintf("PodDisruptionBudget %q blocks every eviction: maxUnavailable is %v", [names.object_name, value]),
		"at": value,
		"path": ["spec", "maxUnavailable"],
	}
}

violation contains v if {
	input.kind == "PodDisruptionBudget"
	value := input.spec.minAvailable
	reason := blocks(input, value)
	v := {
		"msg": sprintf("PodDisruptionBudget %q blocks every eviction: minAvailable is %v%s", [names.object_name, value, reason]),
		"at": value,
		"path": ["spec", "minAvailable"],
	}
}

# A change of replicas is judged at the workload that changes, because the budget
# itself stays as it was.
violation contains v if {
	input.kind in {"Deployment", "StatefulSet", "ReplicaSet"}
	input.review.operation == "UPDATE"
	replicas.declared(input) != replicas.declared(input.review.oldObject)
	some budget in inventory.neighbours("PodDisruptionBudget")
	inventory.selects(budget.spec.selector, labels_of(input))
	reason := blocks(budget, budget.spec.minAvailable)
	v := {
		"msg": sprintf("%s %q cannot be evicted any more: minAvailable of PodDisruptionBudget %q is %v%s", [
			input.kind, names.object_name, budget.metadata.name, budget.spec.minAvailable, reason,
		]),
		"at": replicas.nearest,
		"path": ["spec", "replicas"],
	}
}

none(0)

none(value) if percent(value) == 0

none("0")

# blocks says why a budget leaves nothing to evict.
blocks(budget, value) := "" if {
	percent(value) >= 100
} else := sprintf(", and the pods that it selects are at most %v", [pods]) if {
	workloads := selected(budget)
	count(workloads) > 0
	every workload in workloads {
		workload.kind != "DaemonSet"
		is_number(replicas.most(workload))
	}
	pods := sum([replicas.most(workload) | some workload in workloads])
	pods > 0
	needed(value, pods) >= pods
}

# selected are the workloads whose pods a budget selects. Pods of a DaemonSet have
# no count in a manifest.
selected(budget) := [workload |
	some kind in ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DaemonSet"]
	some workload in inventory.neighbours(kind)
	inventory.selects(budget.spec.selector, labels_of(workload))
]

labels_of(workload) := workload.spec.template.metadata.labels if {
	is_object(workload.spec.template.metadata.labels)
} else := {}

# The disruption controller rounds up
# (https://kubernetes.io/docs/tasks/run-application/configure-pdb/#rounding-logic-when-specifying-percentages).
needed(value, _) := value if is_number(value)

needed(value, pods) := ceil((percent(value) * pods) / 100)

percent(value) := to_number(digits) if {
	is_string(value)
	regex.match(`^\d+%$`, value)
	digits := trim_suffix(value, "%")
}
