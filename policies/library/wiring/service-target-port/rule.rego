# METADATA
# scope: package
# title: Services target ports that pods have
# description: >-
#   A targetPort that is a name is looked up in the ports of each pod. A pod without it is left out of the
#   Service, and when none has it, nothing answers. Numbers are not judged, because a container need not
#   declare the ports on which it listens.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports
# custom:
#   id: wiring/service-target-port
#   severity: error
#   match:
#     kinds: [core/Service]
#   remediation: Write the name that the container gives its port, or the number.
#   tags: [wiring, network]
package penstock.wiring.service_target_port

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.ports

violation contains v if {
	some i, port in input.spec.ports
	is_string(port.targetPort)
	not regex.match(`^[0-9]+$`, port.targetPort)
	selected := inventory.picked(input.spec.selector)
	count(selected) > 0
	every source in selected {
		has_containers(source)
		not port.targetPort in ports.named(source)
	}
	v := {
		"msg": sprintf("Service %q targets the port %q, which no container of its pods has", [names.object_name, port.targetPort]),
		"at": port.targetPort,
		"path": ["spec", "ports", i, "targetPort"],
	}
}

has_containers(source) if {
	some container in inventory.template_of(source).spec.containers
	is_object(container)
}
