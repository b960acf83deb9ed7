# METADATA
# scope: package
# title: Pods have a service account of their own
# description: >-
#   Pods that name no service account share the one called default, so that what one of them needs is
#   granted to all. Off by default, because pods that call no API need none.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/service-accounts/
# custom:
#   id: hardening/default-service-account
#   severity: note
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Add a ServiceAccount for the application and name it in serviceAccountName.
#   tags: [security]
package penstock.hardening.default_service_account

import data.penstock.lib.workloads

violation contains v if {
	is_object(workloads.pod)
	object.get(workloads.pod, "serviceAccountName", "") in {"", "default", null}
	not workloads.pod.automountServiceAccountToken == false
	v := {
		"msg": "the pod runs as the default service account",
		"at": nearest,
		"path": array.concat(workloads.pod_path, ["serviceAccountName"]),
	}
}

nearest := workloads.pod.serviceAccountName if {
	true
} else := workloads.pod
