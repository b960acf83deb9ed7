# METADATA
# scope: package
# title: Services are exposed on purpose
# description: >-
#   A Service of type LoadBalancer or NodePort, or with external IPs, is reachable from outside the
#   cluster past the ingress with its TLS, authentication and logs, and a load balancer costs money.
#   Those that are meant to be are named in a parameter.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
# custom:
#   id: network/service-exposure
#   severity: warning
#   match:
#     kinds: [Service]
#   remediation: Use type ClusterIP behind an Ingress or a Gateway, or name the Service in the parameter allowed.
#   parameters:
#     allowed:
#       default: []
#       description: Services that may be exposed, as namespace/name; a star stands for anything between slashes.
#   tags: [network, security]
package penstock.network.service_exposure

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	input.spec.type in {"LoadBalancer", "NodePort"}
	not allowed
	v := {
		"msg": sprintf("Service %q is exposed as %s", [names.object_name, input.spec.type]),
		"at": input.spec.type,
		"path": ["spec", "type"],
	}
}

violation contains v if {
	is_array(input.spec.externalIPs)
	count(input.spec.externalIPs) > 0
	not allowed
	v := {
		"msg": sprintf("Service %q takes over external IPs", [names.object_name]),
		"at": input.spec.externalIPs,
		"path": ["spec", "externalIPs"],
	}
}

allowed if names.any_match(parameters.list("allowed", []), names.qualified)
