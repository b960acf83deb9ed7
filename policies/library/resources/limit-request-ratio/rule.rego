# METADATA
# scope: package
# title: Limits are not far above requests
# description: >-
#   The scheduler places a container by its request. When it may use many times as much, a node takes in
#   more than it can carry, and what is over is throttled or killed. Off by default; what is too far is
#   up to the team.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/policy/limit-range/
# custom:
#   id: resources/limit-request-ratio
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Raise the request towards what the container uses, or lower the limit.
#   parameters:
#     cpu:
#       default: 10
#       description: The largest ratio of limit to request of CPU.
#       schema: {type: number, minimum: 1}
#     memory:
#       default: 2
#       description: The largest ratio of limit to request of memory.
#       schema: {type: number, minimum: 1}
#   tags: [resources]
package penstock.resources.limit_request_ratio

import data.penstock.lib.parameters
import data.penstock.lib.quantities
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.scheduled
	some resource, fallback in {"cpu": 10, "memory": 2}
	limit := entry.container.resources.limits[resource]
	request := entry.container.resources.requests[resource]
	least := quantities.number(request)
	least > 0
	ratio := quantities.number(limit) / least
	maximum := parameters.number(resource, fallback)
	ratio > maximum
	v := {
		"msg": sprintf("%s has a %s limit of %v, more than %v times its request of %v", [entry.label, resource, limit, maximum, request]),
		"at": limit,
		"path": array.concat(entry.path, ["resources", "limits", resource]),
		"container": entry.name,
	}
}
