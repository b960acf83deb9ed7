# METADATA
# scope: package
# title: Containers request CPU and memory
# description: >-
#   The scheduler places pods by what they request. A container without requests lands on a node that
#   may have nothing left, gets the smallest share of CPU, and is among the first to be evicted.
#   A limit counts as a request, because the API server copies it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: resources/cpu-memory-requests
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set resources.requests.cpu and resources.requests.memory to what the container uses under normal load.
#   tags: [resources]
package penstock.resources.cpu_memory_requests

import data.penstock.lib.resources
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.scheduled
	some resource in ["cpu", "memory"]
	not resources.requested(entry.container, resource)
	not resources.requested(workloads.pod, resource)
	v := {
		"msg": sprintf("%s requests no %s", [entry.label, resource]),
		"at": resources.nearest(entry.container, "requests"),
		"path": array.concat(entry.path, ["resources", "requests", resource]),
		"container": entry.name,
	}
}
