# METADATA
# scope: package
# title: Routes lead to Services and ports that exist
# description: >-
#   A route of the Gateway API whose backend is missing, or has no such port, answers 500. The
#   controller says so in the status of the route only, where a pull request does not see it.
# related_resources:
# - ref: https://gateway-api.sigs.k8s.io/api-types/httproute/#backendrefs-optional
# custom:
#   id: wiring/route-service
#   severity: warning
#   match:
#     kinds: [gateway.networking.k8s.io/HTTPRoute, gateway.networking.k8s.io/GRPCRoute, gateway.networking.k8s.io/TCPRoute, gateway.networking.k8s.io/TLSRoute]
#   remediation: Correct the name or the port, or add the Service.
#   tags: [wiring, network]
package penstock.wiring.route_service

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.ports

violation contains v if {
	some backend in backends
	not services(backend.namespace)[backend.ref.name]
	not inventory.opaque
	v := {
		"msg": sprintf("%s %q leads to the Service %q, which is not rendered", [input.kind, names.object_name, backend.ref.name]),
		"at": backend.ref.name,
		"path": array.concat(backend.path, ["name"]),
	}
}

violation contains v if {
	some backend in backends
	service := services(backend.namespace)[backend.ref.name]
	ports.given(service)
	port := backend.ref.port
	not ports.of_service(service, port)
	v := {
		"msg": sprintf("%s %q leads to the port %v of the Service %q, which has no such port", [
			input.kind, names.object_name, port, backend.ref.name,
		]),
		"at": port,
		"path": array.concat(backend.path, ["port"]),
	}
}

backends := [backend |
	some i, entry in input.spec.rules
	some j, ref in entry.backendRefs
	is_string(ref.name)
	object.get(ref, "kind", "Service") == "Service"
	object.get(ref, "group", "") == ""
	backend := {
		"ref": ref,
		"namespace": object.get(ref, "namespace", names.namespace),
		"path": ["spec", "rules", i, "backendRefs", j],
	}
]

services(namespace) := data.inventory.namespace[namespace].v1.Service if {
	data.inventory.namespace[namespace].v1.Service
} else := data.inventory.cluster.v1.Service if {
	namespace == ""
	data.inventory.cluster.v1.Service
} else := {}
