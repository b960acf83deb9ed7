# METADATA
# scope: package
# title: Load balancers say who may reach them
# description: >-
#   A Service of type LoadBalancer is open to every address unless loadBalancerSourceRanges, an internal
#   load balancer or the platform says otherwise. Off by default, because public services are meant to be.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer
# custom:
#   id: network/source-ranges
#   severity: warning
#   enabled: false
#   match:
#     kinds: [core/Service]
#   remediation: Set spec.loadBalancerSourceRanges to the networks that need it.
#   parameters:
#     internal:
#       default:
#       - networking.gke.io/load-balancer-type
#       - service.beta.kubernetes.io/azure-load-balancer-internal
#       - service.beta.kubernetes.io/aws-load-balancer-internal
#       - service.beta.kubernetes.io/aws-load-balancer-scheme
#       description: Annotations by which a load balancer is internal.
#       schema: {type: array, items: {type: string}}
#   tags: [network, security]
package penstock.network.source_ranges

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	input.spec.type == "LoadBalancer"
	not restricted
	not inside
	v := {
		"msg": sprintf("Service %q has a load balancer that is open to every address", [names.object_name]),
		"at": input.spec,
		"path": ["spec", "loadBalancerSourceRanges"],
	}
}

restricted if {
	some range in input.spec.loadBalancerSourceRanges
	not range in {"0.0.0.0/0", "::/0"}
}

inside if {
	some annotation in parameters.list("internal", [])
	not input.metadata.annotations[annotation] in {"", "false", "internet-facing", null}
}
