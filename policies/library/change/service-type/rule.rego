# METADATA
# scope: package
# title: Services keep their type
# description: >-
#   A Service that becomes a LoadBalancer is reachable from outside; one that is a LoadBalancer no longer
#   loses its address, and gets another one should it become one again.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
# custom:
#   id: change/service-type
#   severity: warning
#   match:
#     kinds: [core/Service]
#     operations: [UPDATE]
#   remediation: Add a second Service, move the clients, and then remove the first one.
#   tags: [change, network]
package penstock.change.service_type

import data.penstock.lib.names

violation contains v if {
	before := type_of(input.review.oldObject)
	after := type_of(input)
	before != after
	v := {
		"msg": sprintf("Service %q goes from type %s to %s", [names.object_name, before, after]),
		"at": nearest,
		"path": ["spec", "type"],
	}
}

type_of(service) := service.spec.type if {
	is_string(service.spec.type)
	service.spec.type != ""
} else := "ClusterIP" if {
	is_object(service.spec)
}

nearest := input.spec.type if {
	true
} else := input.spec
