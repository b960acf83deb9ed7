# METADATA
# scope: package
# title: NetworkPolicies are not taken away
# description: >-
#   When the last NetworkPolicy that selects a pod is deleted, everything may reach it. A policy that is
#   replaced by another one in the same change is a deletion, too.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   id: change/network-policy-deleted
#   severity: warning
#   match:
#     kinds: [networking.k8s.io/NetworkPolicy]
#     operations: [DELETE]
#   remediation: Keep the policy, or add the one that takes its place under the same selector.
#   tags: [change, network, security]
package penstock.change.network_policy_deleted

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	input.review.operation == "DELETE"
	some pods in bare
	v := {
		"msg": sprintf("NetworkPolicy %q is deleted, and no other one selects the pods of %s %q", [
			names.object_name, pods.kind, pods.metadata.name,
		]),
		"at": input.metadata,
		"path": ["metadata", "name"],
	}
}

bare := [source |
	some source in inventory.pod_sources
	labels := inventory.labels_of(source)
	inventory.selects(input.spec.podSelector, labels)
	not guarded(labels)
]

guarded(labels) if {
	some policy in inventory.space["networking.k8s.io/v1"].NetworkPolicy
	inventory.selects(policy.spec.podSelector, labels)
}
