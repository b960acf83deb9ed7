# METADATA
# scope: package
# title: Hosts stay served
# description: >-
#   A host that an Ingress served and nothing of the environment serves any more answers 404 to whoever
#   has its address.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-rules
# custom:
#   id: change/ingress-host-removed
#   severity: warning
#   match:
#     kinds: [networking.k8s.io/Ingress]
#     operations: [UPDATE, DELETE]
#   remediation: Keep the host, if only to redirect, or waive the rule when nobody uses it.
#   tags: [change, network]
package penstock.change.ingress_host_removed

import data.penstock.lib.ingresses
import data.penstock.lib.names

violation contains v if {
	some host in former
	not host in served
	v := {
		"msg": sprintf("Ingress %q no longer serves %s, and no other one does", [names.object_name, host]),
		"at": nearest,
		"path": ["spec", "rules"],
	}
}

former := hosts_of(input) if {
	input.review.operation == "DELETE"
} else := hosts_of(input.review.oldObject)

served := hosts_of(input) | others if {
	input.review.operation != "DELETE"
} else := others

others := {host |
	some ingress in ingresses.others
	some host in hosts_of(ingress)
} | {lower(host) |
	some _, kinds in data.inventory.namespace
	some route in kinds["gateway.networking.k8s.io/v1"].HTTPRoute
	some host in route.spec.hostnames
	is_string(host)
}

hosts_of(ingress) := {host |
	some rule in ingress.spec.rules
	host := ingresses.host(rule)
	host != ""
}

nearest := input.spec.rules if {
	true
} else := input.metadata
