# METADATA
# scope: package
# title: Ingresses lead to ports that the Service has
# description: >-
#   An Ingress that names a port which its Service does not have answers 503 or 404, depending on the
#   controller. The port is that of the Service, not that of the container.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#the-ingress-resource
# custom:
#   id: wiring/ingress-service-port
#   severity: error
#   match:
#     kinds: [networking.k8s.io/Ingress]
#   remediation: Write the name or number of a port in spec.ports of the Service.
#   tags: [wiring, network]
package penstock.wiring.ingress_service_port

import data.penstock.lib.ingresses
import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.ports

violation contains v if {
	some backend in ingresses.backends
	service := inventory.space.v1.Service[backend.service.name]
	ports.given(service)
	some field in ["name", "number"]
	port := backend.service.port[field]
	not backend.action
	not ports.of_service(service, port)
	v := {
		"msg": sprintf("Ingress %q leads to the port %v of the Service %q, which has no such port", [
			names.object_name,
			port,
			backend.service.name,
		]),
		"at": port,
		"path": array.concat(backend.path, ["port", field]),
	}
}
