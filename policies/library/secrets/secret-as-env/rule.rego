# METADATA
# scope: package
# title: Secrets are read as files
# description: >-
#   A variable is inherited by every process, printed by crash reports, and keeps its value when the
#   Secret is rotated. A file does none of that. Off by default, because most programs want variables.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   id: secrets/secret-as-env
#   severity: note
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Mount the Secret as a volume and let the program read the file.
#   tags: [secrets, security]
package penstock.secrets.secret_as_env

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	some i, variable in entry.container.env
	source := variable.valueFrom.secretKeyRef
	is_object(source)
	v := {
		"msg": sprintf("%s has a secret in the variable %v", [entry.label, object.get(variable, "name", "")]),
		"at": source,
		"path": array.concat(entry.path, ["env", i, "valueFrom", "secretKeyRef"]),
		"container": entry.name,
	}
}

violation contains v if {
	some entry in workloads.containers
	some i, source in entry.container.envFrom
	is_object(source.secretRef)
	v := {
		"msg": sprintf("%s has the secret %v in its variables", [entry.label, object.get(source.secretRef, "name", "")]),
		"at": source.secretRef,
		"path": array.concat(entry.path, ["envFrom", i, "secretRef"]),
		"container": entry.name,
	}
}
