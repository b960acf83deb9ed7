# METADATA
# scope: package
# title: Ingresses name their class
# description: >-
#   An Ingress without a class is served by whatever controller is the default of the cluster, by several,
#   or by none. Off by default, because many clusters have a default class.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class
# custom:
#   id: network/ingress-class
#   severity: note
#   enabled: false
#   match:
#     kinds: [networking.k8s.io/Ingress]
#   remediation: Set spec.ingressClassName.
#   tags: [network]
package penstock.network.ingress_class

import data.penstock.lib.ingresses
import data.penstock.lib.names

violation contains v if {
	is_object(input.spec)
	ingresses.class(input) == ""
	v := {
		"msg": sprintf("Ingress %q names no class", [names.object_name]),
		"at": input.spec,
		"path": ["spec", "ingressClassName"],
	}
}
