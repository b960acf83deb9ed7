# METADATA
# scope: package
# title: Environment variables hold no secrets in plain text
# description: >-
#   A secret in a manifest is readable by everybody who can read the repository or the pods, stays in
#   the history for ever, and cannot be rotated without a release. What counts is the name of the
#   variable, or a value that is a private key or a URL with a password.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/
# custom:
#   id: secrets/plaintext-env
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Read the value with valueFrom.secretKeyRef from a Secret that is encrypted in the repository or comes from a vault, and rotate it.
#   parameters:
#     ignored:
#       default: []
#       description: Names of variables that hold no secret although they look like it; a star stands for anything.
#   tags: [secrets, security]
package penstock.secrets.plaintext_env

import data.penstock.lib.names
import data.penstock.lib.parameters
import data.penstock.lib.secrets
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some i, variable in entry.container.env
	is_string(variable.name)
	suspicious(variable.name, variable.value)
	not names.any_match(parameters.list("ignored", []), variable.name)
	v := {
		"msg": sprintf("%s has a secret in plain text in the variable %s", [entry.label, variable.name]),
		"at": variable.value,
		"path": array.concat(entry.path, ["env", i, "value"]),
		"container": entry.name,
	}
}

suspicious(name, value) if {
	secrets.secret_name(name)
	secrets.secret_value(value)
}

suspicious(_, value) if secrets.revealing(value)
