# METADATA
# scope: package
# title: No two Services select the same pods
# description: >-
#   Two Services with one selector are often a copy whose selector was forgotten, and requests for one
#   reach the other. Off by default, because a headless Service beside a plain one is good practice; a
#   pair of such is not reported.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/
# custom:
#   id: wiring/service-selector-unique
#   severity: note
#   enabled: false
#   match:
#     kinds: [core/Service]
#   remediation: Correct the selector of one, or put both ports into one Service.
#   tags: [wiring, network]
package penstock.wiring.service_selector_unique

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	is_object(input.spec.selector)
	count(input.spec.selector) > 0
	some name, other in inventory.space.v1.Service
	name != names.object_name
	other.spec.selector == input.spec.selector
	headless(other) == headless(input)
	v := {
		"msg": sprintf("Service %q selects the same pods as Service %q", [names.object_name, name]),
		"at": input.spec.selector,
		"path": ["spec", "selector"],
	}
}

headless(service) if {
	service.spec.clusterIP == "None"
} else := false
