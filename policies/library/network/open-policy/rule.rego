# METADATA
# scope: package
# title: NetworkPolicies restrict something
# description: >-
#   A rule of a NetworkPolicy without from, to and ports lets everything in or out of the pods that it
#   selects, and wins over every policy that is stricter. Off by default, because it is how a pod is opened
#   on purpose.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#allow-all-ingress-traffic
# custom:
#   id: network/open-policy
#   severity: warning
#   enabled: false
#   match:
#     kinds: [networking.k8s.io/NetworkPolicy]
#   remediation: Name the peers or the ports.
#   tags: [network, security]
package penstock.network.open_policy

import data.penstock.lib.names

violation contains v if {
	some direction, peers in {"ingress": "from", "egress": "to"}
	some i, entry in input.spec[direction]
	is_object(entry)
	not given(entry, peers)
	not given(entry, "ports")
	v := {
		"msg": sprintf("NetworkPolicy %q allows all %s", [names.object_name, direction]),
		"at": entry,
		"path": ["spec", direction, i],
	}
}

given(entry, field) if {
	is_array(entry[field])
	count(entry[field]) > 0
}
