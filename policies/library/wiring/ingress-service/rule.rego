# METADATA
# scope: package
# title: Ingresses lead to Services that exist
# description: >-
#   An Ingress is accepted whatever it names, and answers 503 when its Service is missing. The Service has
#   to be in the namespace of the Ingress.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#the-ingress-resource
# custom:
#   id: wiring/ingress-service
#   severity: warning
#   match:
#     kinds: [networking.k8s.io/Ingress]
#   remediation: Correct the name, or add the Service to the namespace of the Ingress.
#   tags: [wiring, network]
package penstock.wiring.ingress_service

import data.penstock.lib.ingresses
import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	some backend in ingresses.backends
	not inventory.space.v1.Service[backend.service.name]
	not backend.action
	not inventory.opaque
	v := {
		"msg": sprintf("Ingress %q leads to the Service %q, which is not rendered", [names.object_name, backend.service.name]),
		"at": backend.service.name,
		"path": array.concat(backend.path, ["name"]),
	}
}
