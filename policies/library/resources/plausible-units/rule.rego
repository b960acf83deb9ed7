# METADATA
# scope: package
# title: Quantities have the unit that is meant
# description: >-
#   Memory in "m" is thousandths of a byte and CPU without "m" is whole cores: 512m of memory starts no
#   process, and 500 of CPU fits on no node. The API server accepts both.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#resource-units-in-kubernetes
# custom:
#   id: resources/plausible-units
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Write memory as in 512Mi and CPU as in 500m or 0.5.
#   parameters:
#     minimum_memory:
#       default: 1Mi
#       description: The least memory that a container can mean.
#     maximum_cpu:
#       default: 256
#       description: The most CPUs that a container can mean.
#       schema: {type: number, exclusiveMinimum: 0}
#   tags: [resources]
package penstock.resources.plausible_units

import data.penstock.lib.parameters
import data.penstock.lib.quantities
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.scheduled
	some field in ["requests", "limits"]
	some resource in ["memory", "cpu"]
	value := entry.container.resources[field][resource]
	number := quantities.number(value)
	fault := implausible(resource, number)
	v := {
		"msg": sprintf("%s has %v of %s in its %s, %s", [entry.label, value, resource, field, fault]),
		"at": value,
		"path": array.concat(entry.path, ["resources", field, resource]),
		"container": entry.name,
	}
}

implausible("memory", number) := "too little for any process" if {
	number > 0
	number < quantities.number(parameters.text("minimum_memory", "1Mi"))
}

implausible("cpu", number) := "more than any node has" if number > parameters.number("maximum_cpu", 256)
