# METADATA
# scope: package
# title: Variables refer to variables before them
# description: >-
#   In the value of a variable, $(NAME) stands for a variable that is defined before it, in order. What
#   comes later, or nowhere, stays in the value as it is written, and the program gets "$(NAME)".
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
# custom:
#   id: wiring/env-reference
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Move the variable behind those that it refers to, or write $$(NAME) for the text itself.
#   tags: [wiring]
package penstock.wiring.env_reference

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	not imports(entry.container)
	some i, variable in entry.container.env
	is_string(variable.value)
	contains(variable.value, "$(")
	some groups in regex.find_all_string_submatch_n(`(?:^|[^$])(?:\$\$)*\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)`, variable.value, -1)
	not defined_before(entry.container, i, groups[1])
	not of_a_service(groups[1])
	v := {
		"msg": sprintf("%s has the variable %v, which refers to %s; %s is not defined before it", [
			entry.label, object.get(variable, "name", ""), groups[1], groups[1],
		]),
		"at": variable.value,
		"path": array.concat(entry.path, ["env", i, "value"]),
		"container": entry.name,
	}
}

# What envFrom brings is not known from the manifest.
imports(container) if {
	some item in container.envFrom
	is_object(item)
}

defined_before(container, i, name) if {
	some j, variable in container.env
	j < i
	variable.name == name
}

# The kubelet defines variables for each Service of the namespace.
of_a_service(name) if regex.match(`_(SERVICE_HOST|SERVICE_PORT|PORT)(_[A-Z0-9_]+)?$`, name)
