# METADATA
# scope: package
# title: Ports
# description: Ports that the containers of pods declare.
package penstock.lib.ports

import data.penstock.lib.inventory

# named are the names of the container ports of an object that has pods. Init
# containers count: those that are sidecars serve.
named(object) := {port.name |
	some kind in ["containers", "initContainers"]
	some container in inventory.template_of(object).spec[kind]
	some port in container.ports
	is_string(port.name)
}

# of_service finds a port of a Service by its name or number.
of_service(service, port) if {
	some candidate in service.spec.ports
	candidate.name == port
}

of_service(service, port) if {
	some candidate in service.spec.ports
	candidate.port == port
}

# given says that a Service has ports at all.
given(service) if {
	some port in service.spec.ports
	is_object(port)
}
