# METADATA
# scope: package
# title: Ingresses use TLS
# description: >-
#   A host without TLS sends cookies, passwords and content in plain text, and anybody on the way can
#   read and change them. A tls entry without hosts covers all; a wildcard covers one level.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
# custom:
#   id: network/ingress-tls
#   severity: warning
#   match:
#     kinds: [networking.k8s.io/Ingress, extensions/Ingress]
#   remediation: Add the host to spec.tls with the name of the secret that has its certificate.
#   parameters:
#     annotations:
#       default:
#       - alb.ingress.kubernetes.io/certificate-arn
#       - ingress.gcp.kubernetes.io/pre-shared-cert
#       - networking.gke.io/managed-certificates
#       - appgw.ingress.kubernetes.io/appgw-ssl-certificate
#       - traefik.ingress.kubernetes.io/router.tls
#       - traefik.ingress.kubernetes.io/router.tls.certresolver
#       description: Annotations by which a controller gets its certificate elsewhere.
#   tags: [network, security]
package penstock.network.ingress_tls

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	not elsewhere
	some i, rule in input.spec.rules
	host := host_of(rule)
	not covered(host.name)
	v := {
		"msg": sprintf("Ingress %q serves %s without TLS", [names.object_name, host.label]),
		"at": host.at,
		"path": array.concat(["spec", "rules", i], host.tail),
	}
}

# Without rules everything goes to the default backend.
violation contains v if {
	not elsewhere
	not has_rules
	not has_tls
	v := {
		"msg": sprintf("Ingress %q serves all hosts without TLS", [names.object_name]),
		"at": object_spec,
		"path": ["spec", "tls"],
	}
}

elsewhere if {
	some annotation in parameters.list("annotations", [])
	value := input.metadata.annotations[annotation]
	not value in {"", "false", false, null}
}

has_rules if {
	some rule in input.spec.rules
	is_object(rule)
}

has_tls if {
	some entry in input.spec.tls
	is_object(entry)
}

object_spec := input.spec if {
	is_object(input.spec)
} else := input.metadata

host_of(rule) := {"name": rule.host, "label": rule.host, "at": rule.host, "tail": ["host"]} if {
	is_string(rule.host)
	rule.host != ""
} else := {"name": "", "label": "all hosts", "at": rule, "tail": ["host"]}

covered(host) if {
	some entry in input.spec.tls
	is_object(entry)
	covers(entry, host)
}

covers(entry, host) if {
	some pattern in entry.hosts
	is_string(pattern)
	same(pattern, host)
}

covers(entry, _) if not has_hosts(entry)

# A rule for all hosts takes any entry: its certificate goes with the host that is
# asked for.
covers(_, "")

has_hosts(entry) if {
	some host in entry.hosts
	is_string(host)
}

same(pattern, host) if lower(pattern) == lower(host)

same(pattern, host) if {
	startswith(pattern, "*.")
	not startswith(host, "*.")
	parts := split(lower(host), ".")
	substring(lower(pattern), 2, -1) == concat(".", array.slice(parts, 1, count(parts)))
}
