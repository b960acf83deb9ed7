# METADATA
# scope: package
# title: Limits are not below requests
# description: >-
#   A container whose limit is below its request is refused by the API server; in a pod template the
#   workload is refused with it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: resources/limit-below-request
#   severity: error
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Raise the limit, or lower the request.
#   tags: [resources]
package penstock.resources.limit_below_request

import data.penstock.lib.quantities
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.scheduled
	some resource, limit in entry.container.resources.limits
	request := entry.container.resources.requests[resource]
	quantities.number(limit) < quantities.number(request)
	v := {
		"msg": sprintf("%s has a %s limit of %v, below its request of %v", [entry.label, resource, limit, request]),
		"at": limit,
		"path": array.concat(entry.path, ["resources", "limits", resource]),
		"container": entry.name,
	}
}
