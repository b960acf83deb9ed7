# METADATA
# scope: package
# title: Containers have a read-only root file system
# description: >-
#   In a container that cannot write its own files an attacker can neither leave tools nor change the
#   program, and nothing is lost unnoticed at a restart. Many images need a writable directory or two
#   first, hence a note.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# custom:
#   id: security/read-only-root-filesystem
#   severity: note
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Set securityContext.readOnlyRootFilesystem to true and mount an emptyDir wherever the program writes.
#   tags: [security]
package penstock.security.read_only_root_filesystem

import data.penstock.lib.workloads

violation contains v if {
	not workloads.windows
	some entry in workloads.containers
	not read_only(entry.container)
	v := {
		"msg": sprintf("%s can write its root file system", [entry.label]),
		"at": nearest(entry.container),
		"path": array.concat(entry.path, ["securityContext", "readOnlyRootFilesystem"]),
		"container": entry.name,
	}
}

read_only(container) if container.securityContext.readOnlyRootFilesystem == true

nearest(container) := container.securityContext.readOnlyRootFilesystem if {
	true
} else := workloads.security_context(container)
