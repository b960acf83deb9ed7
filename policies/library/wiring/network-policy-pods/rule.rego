# METADATA
# scope: package
# title: NetworkPolicies select pods
# description: >-
#   A NetworkPolicy that selects no pod protects nothing, and looks as if it did. An empty podSelector
#   means every pod. Judged are namespaces that have pods and that nothing is known to bring more to.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   id: wiring/network-policy-pods
#   severity: warning
#   match:
#     kinds: [networking.k8s.io/NetworkPolicy]
#   remediation: Make spec.podSelector labels of the pods that are meant, not of their Service.
#   tags: [wiring, network, security]
package penstock.wiring.network_policy_pods

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	is_object(input.spec.podSelector)
	not some_pod
	count(inventory.pod_sources) > 0
	not inventory.opaque
	v := {
		"msg": sprintf("NetworkPolicy %q selects no pod of its namespace", [names.object_name]),
		"at": input.spec.podSelector,
		"path": ["spec", "podSelector"],
	}
}

some_pod if {
	some source in inventory.pod_sources
	inventory.selects(input.spec.podSelector, inventory.labels_of(source))
}
