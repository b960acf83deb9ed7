# METADATA
# scope: package
# title: ServiceMonitors select Services
# description: >-
#   A ServiceMonitor that selects no Service, or names a port that none of them has, collects nothing:
#   metrics and alerts are missing, and nothing says so.
# related_resources:
# - ref: https://prometheus-operator.dev/docs/developer/getting-started/#using-servicemonitors
# custom:
#   id: wiring/service-monitor
#   severity: warning
#   match:
#     kinds: [monitoring.coreos.com/ServiceMonitor]
#   remediation: Make spec.selector the labels of the Service itself, not those of its pods, and name one of its ports.
#   tags: [wiring]
package penstock.wiring.service_monitor

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.ports

violation contains v if {
	is_object(input.spec.selector)
	count(services) > 0
	count(selected) == 0
	not inventory.opaque
	v := {
		"msg": sprintf("ServiceMonitor %q selects no Service", [names.object_name]),
		"at": input.spec.selector,
		"path": ["spec", "selector"],
	}
}

violation contains v if {
	count(selected) > 0
	some i, endpoint in input.spec.endpoints
	is_string(endpoint.port)
	every service in selected {
		not ports.of_service(service, endpoint.port)
	}
	v := {
		"msg": sprintf("ServiceMonitor %q names the port %q, which none of its Services has", [names.object_name, endpoint.port]),
		"at": endpoint.port,
		"path": ["spec", "endpoints", i, "port"],
	}
}

selected := [service |
	some service in services
	inventory.selects(input.spec.selector, labels(service))
]

labels(service) := service.metadata.labels if {
	is_object(service.metadata.labels)
} else := {}

services := [service |
	some namespace, kinds in data.inventory.namespace
	looks_into(namespace)
	some service in kinds.v1.Service
]

looks_into(namespace) if {
	not elsewhere
	namespace == names.namespace
}

looks_into(_) if input.spec.namespaceSelector.any == true

looks_into(namespace) if namespace in input.spec.namespaceSelector.matchNames

elsewhere if {
	some name in input.spec.namespaceSelector.matchNames
	is_string(name)
}
