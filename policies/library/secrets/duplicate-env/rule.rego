# METADATA
# scope: package
# title: Variables are defined once
# description: >-
#   Of two variables with one name the last one counts, and which one that is changes with the order of
#   patches. Server-side apply refuses the object.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
# custom:
#   id: secrets/duplicate-env
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Remove one of them.
#   tags: [secrets, wiring]
package penstock.secrets.duplicate_env

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some i, variable in entry.container.env
	is_string(variable.name)
	some j, other in entry.container.env
	j < i
	other.name == variable.name
	v := {
		"msg": sprintf("%s defines the variable %s twice", [entry.label, variable.name]),
		"at": variable.name,
		"path": array.concat(entry.path, ["env", i, "name"]),
		"container": entry.name,
	}
}
