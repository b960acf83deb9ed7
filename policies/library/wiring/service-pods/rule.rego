# METADATA
# scope: package
# title: Services select pods
# description: >-
#   A Service whose selector matches no pod answers nothing, and nobody is told: it is accepted, and its
#   list of endpoints stays empty. Judged are namespaces that have pods and that no deployer or operator
#   is known to bring more to.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#services-in-kubernetes
# custom:
#   id: wiring/service-pods
#   severity: warning
#   match:
#     kinds: [core/Service]
#   remediation: Make spec.selector the labels of the pod template, or leave it out where endpoints are made by hand.
#   tags: [wiring, network]
package penstock.wiring.service_pods

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	is_object(input.spec.selector)
	count(input.spec.selector) > 0
	not external
	count(inventory.picked(input.spec.selector)) == 0
	count(inventory.pod_sources) > 0
	not inventory.opaque
	v := {
		"msg": sprintf("Service %q selects no pod of its namespace", [names.object_name]),
		"at": input.spec.selector,
		"path": ["spec", "selector"],
	}
}

external if input.spec.type == "ExternalName"
