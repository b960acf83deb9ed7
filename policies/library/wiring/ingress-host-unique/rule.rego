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
	not canary(input)
	some found in array.concat(by_host, for_all_hosts)
	not canary(found.ingress)
	ingresses.class(found.ingress) == ingresses.class(input)
	some theirs in found.rule.http.paths
	some path in ingresses.paths
	path.host == found.host
	path.text == ingresses.text(theirs)
	v := {
		"msg": sprintf("Ingress %q serves %v%v, and so does Ingress %v/%v", [
			names.object_name, shown(path.host), path.text, found.ingress.metadata.namespace, found.ingress.metadata.name,
		]),
		"at": path.value,
		"path": path.path,
	}
}

# by_host are the rules of other Ingresses for one of the hosts. Every Ingress meets
# every other one here, so that nothing but the host is looked at; the API server
# takes hosts in small letters only.
by_host := [found |
	some namespace, kinds in data.inventory.namespace
	some name, ingress in kinds["networking.k8s.io/v1"].Ingress
	some rule in ingress.spec.rules
	rule.host in hosts
	[namespace, name] != [names.namespace, names.object_name]
	found := {"ingress": ingress, "rule": rule, "host": rule.host}
]

for_all_hosts := [found |
	"" in hosts
	some ingress in ingresses.others
	some rule in ingress.spec.rules
	ingresses.host(rule) == ""
	not rule.host == ""
	found := {"ingress": ingress, "rule": rule, "host": ""}
]

hosts := {path.host | some path in ingresses.paths}

canary(ingress) if ingress.metadata.annotations["nginx.ingress.kubernetes.io/canary"] in {"true", true}

shown(host) := "all hosts, " if {
	host == ""
} else := host
