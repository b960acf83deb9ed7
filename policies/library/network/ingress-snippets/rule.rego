# METADATA
# scope: package
# title: Ingresses bring no configuration of the controller
# description: >-
#   Snippet annotations of ingress-nginx are pasted into the configuration of the controller, which reads
#   the secrets of all namespaces: whoever may write an Ingress reads them, too (CVE-2021-25742). The
#   controller refuses them unless it is told not to.
# related_resources:
# - ref: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#configuration-snippet
# custom:
#   id: network/ingress-snippets
#   severity: warning
#   match:
#     kinds: [networking.k8s.io/Ingress]
#   remediation: Use the annotation for what the snippet does, or the configuration of the controller.
#   tags: [network, security]
package penstock.network.ingress_snippets

import data.penstock.lib.names

violation contains v if {
	some annotation, value in input.metadata.annotations
	is_string(annotation)
	regex.match(`^nginx\.(ingress\.kubernetes\.io|org)/.*-snippets?$`, annotation)
	not value in {"", null}
	v := {
		"msg": sprintf("Ingress %q brings configuration of the controller: %s", [names.object_name, annotation]),
		"at": value,
		"path": ["metadata", "annotations", annotation],
	}
}
