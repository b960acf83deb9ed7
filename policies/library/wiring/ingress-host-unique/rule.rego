# METADATA
# scope: package
# title: A host and path is served once
# description: >-
#   When two Ingresses of one class claim the same host and path, the controller picks one of them, the
#   older as a rule, and the other one never answers. Canaries of ingress-nginx share a host on purpose.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches
# custom:
#   id: wiring/ingress-host-unique
#   severity: warning
#   match:
#     kinds: [networking.k8s.io/Ingress]
#   remediation: Give one of them another host or path, or remove it.
#   tags: [wiring, network]
package penstock.wiring.ingress_host_unique

import data.penstock.lib.ingresses
import data.penstock.lib.names

violation contains v if {
	some path in ingresses.paths
	some other in ingresses.others
	some rule in other.spec.rules
	ingresses.host(rule) == path.host
	some theirs in rule.http.paths
	ingresses.text(theirs) == path.text
	ingresses.class(other) == ingresses.class(input)
	not canary(other)
	not canary(input)
	v := {
		"msg": sprintf("Ingress %q serves %v%v, and so does Ingress %v/%v", [
			names.object_name, shown(path.host), path.text, other.metadata.namespace, other.metadata.name,
		]),
		"at": path.value,
		"path": path.path,
	}
}

canary(ingress) if ingress.metadata.annotations["nginx.ingress.kubernetes.io/canary"] in {"true", true}

shown(host) := "all hosts, " if {
	host == ""
} else := host
