# METADATA
# scope: package
# title: StatefulSets name a headless Service
# description: >-
#   The pods of a StatefulSet have names in DNS only below the Service that serviceName names, and only
#   if that Service is headless. With another one the members of a cluster do not find one another.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
# custom:
#   id: wiring/stateful-service
#   severity: warning
#   match:
#     kinds: [apps/StatefulSet]
#   remediation: Name a Service with clusterIP None that selects the pods; serviceName of what runs already cannot be changed.
#   tags: [wiring]
package penstock.wiring.stateful_service

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	name := input.spec.serviceName
	is_string(name)
	name != ""
	not inventory.space.v1.Service[name]
	not inventory.opaque
	v := {
		"msg": sprintf("StatefulSet %q names the Service %q, which is not rendered", [names.object_name, name]),
		"at": name,
		"path": ["spec", "serviceName"],
	}
}

# One replica needs no name of its own.
violation contains v if {
	name := input.spec.serviceName
	is_object(inventory.space.v1.Service[name].spec)
	object.get(inventory.space.v1.Service[name].spec, "clusterIP", "") != "None"
	input.spec.replicas > 1
	v := {
		"msg": sprintf("StatefulSet %q names the Service %q, which is not headless", [names.object_name, name]),
		"at": name,
		"path": ["spec", "serviceName"],
	}
}
