# METADATA
# scope: package
# title: Containers are not privileged
# description: >-
#   A privileged container has every device and every capability of its node, and no isolation from it:
#   whoever gets into the container owns the node and the secrets of every pod on it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: security/privileged
#   severity: error
#   pss: {level: baseline, check: privileged}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Remove privileged and add only the capabilities that the container needs.
#   tags: [security, pod-security-baseline]
package penstock.security.privileged

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	value := entry.container.securityContext.privileged
	workloads.on(value)
	v := {
		"msg": sprintf("%s runs as privileged", [entry.label]),
		"at": value,
		"path": array.concat(entry.path, ["securityContext", "privileged"]),
		"container": entry.name,
	}
}
