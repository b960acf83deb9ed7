# METADATA
# scope: package
# title: Ingresses name their hosts
# description: >-
#   An Ingress for all hosts, or for a wildcard, takes requests that are meant for others and is reached
#   under names that nobody registered. Off by default, because a cluster for one application needs none.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards
# custom:
#   id: network/wildcard-host
#   severity: warning
#   enabled: false
#   match:
#     kinds: [networking.k8s.io/Ingress]
#   remediation: Name the host in each rule.
#   tags: [network]
package penstock.network.wildcard_host

import data.penstock.lib.names

violation contains v if {
	some i, rule in input.spec.rules
	is_object(rule)
	host := object.get(rule, "host", "")
	wild(host)
	v := {
		"msg": sprintf("Ingress %q serves %s", [names.object_name, shown(host)]),
		"at": object.get(rule, "host", rule),
		"path": ["spec", "rules", i, "host"],
	}
}

wild(host) if host in {"", "*", null}

wild(host) if {
	is_string(host)
	startswith(host, "*.")
}

shown(host) := host if {
	is_string(host)
	host != ""
} else := "all hosts"
