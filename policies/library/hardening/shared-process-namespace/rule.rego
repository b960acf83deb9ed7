# METADATA
# scope: package
# title: Containers of a pod do not share processes
# description: >-
#   With shareProcessNamespace every container of the pod sees the processes of the others, their
#   environment and their files. Off by default, because sidecars for debugging and signals need it.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
# custom:
#   id: hardening/shared-process-namespace
#   severity: note
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Remove shareProcessNamespace.
#   tags: [security]
package penstock.hardening.shared_process_namespace

import data.penstock.lib.workloads

violation contains v if {
	value := workloads.pod.shareProcessNamespace
	workloads.on(value)
	v := {
		"msg": "the containers of the pod share their processes (shareProcessNamespace)",
		"at": value,
		"path": array.concat(workloads.pod_path, ["shareProcessNamespace"]),
	}
}
