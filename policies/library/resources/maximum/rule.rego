# METADATA
# scope: package
# title: Containers stay below the largest size
# description: >-
#   A container that asks for more than any node has is never scheduled, and one typing error may ask for
#   all that there is. What is most is up to the team, so that without the parameters nothing is judged.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/policy/limit-range/
# custom:
#   id: resources/maximum
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Lower the request or the limit, or raise the parameter for the environments that may have more.
#   parameters:
#     maximum:
#       default: {}
#       description: The most that one container may request, or be limited to, of each resource, such as memory 8Gi.
#       schema: {type: object, additionalProperties: {type: [string, number]}}
#   tags: [resources]
package penstock.resources.maximum

import data.penstock.lib.parameters
import data.penstock.lib.quantities
import data.penstock.lib.workloads

violation contains v if {
	some resource, maximum in parameters.mapping("maximum", {})
	some entry in workloads.scheduled
	some field in ["requests", "limits"]
	value := entry.container.resources[field][resource]
	quantities.number(value) > quantities.number(maximum)
	v := {
		"msg": sprintf("%s has %v of %s in its %s, more than %v", [entry.label, value, resource, field, maximum]),
		"at": value,
		"path": array.concat(entry.path, ["resources", field, resource]),
		"container": entry.name,
	}
}
