# METADATA
# scope: package
# title: ExternalName Services name a host
# description: >-
#   externalName is a name of the DNS. An IP address in it is taken for a name made of digits, which
#   nothing resolves; a Service without it is refused.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#externalname
# custom:
#   id: network/external-name
#   severity: warning
#   match:
#     kinds: [core/Service]
#   remediation: Write the name of the host, or a Service without a selector with an EndpointSlice for the address.
#   tags: [network]
package penstock.network.external_name

import data.penstock.lib.names

violation contains v if {
	input.spec.type == "ExternalName"
	not named
	v := {
		"msg": sprintf("Service %q has no host as its external name", [names.object_name]),
		"at": nearest,
		"path": ["spec", "externalName"],
	}
}

named if {
	is_string(input.spec.externalName)
	input.spec.externalName != ""
	not regex.match(`^[0-9.]+$|:`, input.spec.externalName)
}

nearest := input.spec.externalName if {
	true
} else := input.spec
