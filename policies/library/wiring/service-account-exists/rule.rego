# METADATA
# scope: package
# title: Pods use service accounts that exist
# description: >-
#   Pods of a service account that is missing are refused: the workload is accepted, and its pods never
#   appear. The account default is made in every namespace.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
# custom:
#   id: wiring/service-account-exists
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Correct the name, or add the ServiceAccount to the namespace.
#   tags: [wiring]
package penstock.wiring.service_account_exists

import data.penstock.lib.inventory
import data.penstock.lib.workloads

violation contains v if {
	name := workloads.pod.serviceAccountName
	is_string(name)
	not name in {"", "default"}
	not inventory.space.v1.ServiceAccount[name]
	not inventory.opaque
	v := {
		"msg": sprintf("the pod uses the service account %q, which is not rendered", [name]),
		"at": name,
		"path": array.concat(workloads.pod_path, ["serviceAccountName"]),
	}
}
