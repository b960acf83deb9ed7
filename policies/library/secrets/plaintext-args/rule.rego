# METADATA
# scope: package
# title: Commands hold no secrets in plain text
# description: >-
#   An argument such as --password=x is in the repository for ever, and in the list of processes of the
#   node. What counts is the name of the option.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/
# custom:
#   id: secrets/plaintext-args
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Read the value from a Secret, as a variable that the argument refers to as $(NAME), or as a file.
#   tags: [secrets, security]
package penstock.secrets.plaintext_args

import data.penstock.lib.secrets
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some field in ["command", "args"]
	some i, argument in entry.container[field]
	is_string(argument)
	some groups in regex.find_all_string_submatch_n(`^--?([A-Za-z][A-Za-z0-9_.-]*)=(\S+)$`, argument, 1)
	secrets.secret_name(groups[1])
	secrets.secret_value(groups[2])
	not refers(groups[2])
	v := {
		"msg": sprintf("%s has a secret in plain text in its option %s", [entry.label, groups[1]]),
		"at": argument,
		"path": array.concat(entry.path, [field, i]),
		"container": entry.name,
	}
}

refers(value) if regex.match(`\$[({A-Za-z]|^[0-9.]+$`, value)
