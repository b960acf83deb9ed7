# METADATA
# scope: package
# title: Containers run with user and group IDs of their own
# description: >-
#   A user ID of the container is one of the node, too, should it break out. Above 10000 no account of a
#   node has it. Off by default; for teams that choose the IDs of their images.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# custom:
#   id: hardening/high-user-id
#   severity: note
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set runAsUser and runAsGroup to numbers above the minimum.
#   parameters:
#     minimum:
#       default: 10000
#       description: The least user and group ID.
#       schema: {type: integer, minimum: 1}
#   tags: [security]
package penstock.hardening.high_user_id

import data.penstock.lib.parameters
import data.penstock.lib.workloads

violation contains v if {
	not workloads.windows
	some entry in workloads.containers
	some field, what in {"runAsUser": "user", "runAsGroup": "group"}
	found := given(entry, field)
	is_number(found.value)
	found.value < parameters.number("minimum", 10000)
	v := {
		"msg": sprintf("%s runs as %s %v, below %v", [entry.label, what, found.value, parameters.number("minimum", 10000)]),
		"at": found.value,
		"path": array.concat(found.holder, ["securityContext", field]),
		"container": entry.name,
	}
}

given(entry, field) := {"value": entry.container.securityContext[field], "holder": entry.path} if {
	entry.container.securityContext[field] != null
} else := {"value": workloads.pod.securityContext[field], "holder": workloads.pod_path}
