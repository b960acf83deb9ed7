# METADATA
# scope: package
# title: Resources are not cut by half
# description: >-
#   A container that gets half of its memory or less is killed when it needs what it had; with half of the
#   CPU it answers late. A limit that is removed takes away nothing and is left alone.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: change/resources-reduced
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob]
#     operations: [UPDATE]
#   remediation: Compare with what the container uses, and lower it in steps.
#   parameters:
#     share:
#       default: 50
#       description: The part of a request or limit from which on taking it away is reported, in percent.
#       schema: {type: number, exclusiveMinimum: 0, maximum: 100}
#   tags: [change, resources]
package penstock.change.resources_reduced

import data.penstock.lib.inventory
import data.penstock.lib.parameters
import data.penstock.lib.quantities
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.scheduled
	some old in inventory.template_of(input.review.oldObject).spec[entry.kind]
	old.name == entry.container.name
	some field, what in {"requests": "request", "limits": "limit"}
	some resource in ["cpu", "memory"]
	value := entry.container.resources[field][resource]
	former := old.resources[field][resource]
	before := quantities.number(former)
	before > 0
	(before - quantities.number(value)) * 100 >= before * parameters.number("share", 50)
	v := {
		"msg": sprintf("the %s %s of %s goes from %v to %v", [resource, what, entry.label, former, value]),
		"at": value,
		"path": array.concat(entry.path, ["resources", field, resource]),
		"container": entry.name,
	}
}
