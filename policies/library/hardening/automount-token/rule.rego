# METADATA
# scope: package
# title: Pods that do not call the API get no token
# description: >-
#   Every pod gets a token of its service account, unless the pod or the account says
#   automountServiceAccountToken false. Whoever gets into the pod has it. Off by default, because it is
#   for the application to say.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting
# custom:
#   id: hardening/automount-token
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set automountServiceAccountToken to false in the pod, or in its ServiceAccount.
#   tags: [security]
package penstock.hardening.automount_token

import data.penstock.lib.inventory
import data.penstock.lib.workloads

violation contains v if {
	is_object(workloads.pod)
	not refused
	v := {
		"msg": "the pod gets a token of its service account",
		"at": nearest,
		"path": array.concat(workloads.pod_path, ["automountServiceAccountToken"]),
	}
}

refused if workloads.pod.automountServiceAccountToken == false

refused if {
	not is_boolean(object.get(workloads.pod, "automountServiceAccountToken", null))
	inventory.space.v1.ServiceAccount[account].automountServiceAccountToken == false
}

account := workloads.pod.serviceAccountName if {
	is_string(workloads.pod.serviceAccountName)
	workloads.pod.serviceAccountName != ""
} else := "default"

nearest := workloads.pod.automountServiceAccountToken if {
	true
} else := workloads.pod
