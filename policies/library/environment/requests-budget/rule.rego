# METADATA
# scope: package
# title: The environment stays within its budget
# description: >-
#   The CPU or memory that all workloads of the environment request together, times their replicas, is
#   more than its budget. DaemonSets, Jobs and CronJobs count once. Off by default, because it needs the
#   parameters.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: environment/requests-budget
#   severity: error
#   enabled: false
#   scope: environment
#   remediation: Request less, or agree on a larger budget and set it in the parameters.
#   parameters:
#     cpu:
#       default: ""
#       description: The budget of CPU, such as "40" or "2500m"; empty means any.
#       schema: {type: string}
#     memory:
#       default: ""
#       description: The budget of memory, such as 64Gi; empty means any.
#       schema: {type: string}
#   tags: [environment, resources]
package penstock.environment.requests_budget

import data.penstock.lib.workloads

violation contains v if {
	some resource in ["cpu", "memory"]
	budget := input.review.parameters[resource]
	budget != ""
	total := sum([r.amount | some r in requests(resource)])
	total > amount(resource, budget)
	v := {"msg": sprintf("the workloads request %v of %s together, and the budget is %s", [shown(resource, total), resource, budget])}
}

requests(resource) := [{"amount": amount(resource, quantity) * replicas(object)} |
	some object in input.objects
	containers := workloads.containers with input as object
	some entry in containers
	quantity := entry.container.resources.requests[resource]
]

replicas(object) := object.spec.replicas if {
	object.kind in {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}
	is_number(object.spec.replicas)
} else := 1

amount("cpu", quantity) := units.parse(sprintf("%v", [quantity]))

amount("memory", quantity) := units.parse_bytes(sprintf("%v", [quantity]))

shown("cpu", total) := total

shown("memory", total) := sprintf("%dMi", [ceil(total / 1048576)])
