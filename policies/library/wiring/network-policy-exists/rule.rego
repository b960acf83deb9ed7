# METADATA
# scope: package
# title: Pods have a NetworkPolicy
# description: >-
#   A pod that no NetworkPolicy selects may be reached by, and may reach, everything in the cluster. Off
#   by default, because a team has to decide for network policies first, and policies of a CNI plugin or
#   of a mesh are not seen.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies
# custom:
#   id: wiring/network-policy-exists
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet]
#   remediation: Add a NetworkPolicy that denies all by default, and one for what the pod needs.
#   tags: [wiring, network, security]
package penstock.wiring.network_policy_exists

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.workloads

violation contains v if {
	workloads.pod
	not workloads.pod.hostNetwork == true
	not guarded
	v := {
		"msg": sprintf("no NetworkPolicy selects the pods of %s %q", [input.kind, names.object_name]),
		"at": input.metadata,
		"path": ["metadata", "name"],
	}
}

guarded if {
	some policy in inventory.space["networking.k8s.io/v1"].NetworkPolicy
	inventory.selects(policy.spec.podSelector, inventory.labels_of(input))
}
