# METADATA
# scope: package
# title: Every namespace has its guards
# description: >-
#   A namespace that the environment makes has no object of a kind that every namespace must have, such
#   as a NetworkPolicy. Off by default, because the kinds are a decision.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/
# custom:
#   id: environment/namespace-guards
#   severity: warning
#   enabled: false
#   scope: environment
#   remediation: Add an object of the kind to the namespace, or take the namespace out by the parameter ignored.
#   parameters:
#     kinds:
#       default: [NetworkPolicy]
#       description: The kinds of which every namespace must have an object.
#       schema: {type: array, items: {type: string}}
#     ignored:
#       default: [default, "kube-*"]
#       description: Patterns of namespaces that are left alone.
#       schema: {type: array, items: {type: string}}
#   tags: [environment, multi-tenancy]
package penstock.environment.namespace_guards

import data.penstock.lib.fleet
import data.penstock.lib.parameters

violation contains v if {
	some namespace in input.objects
	namespace.kind == "Namespace"
	namespace.apiVersion == "v1"
	name := namespace.metadata.name
	not fleet.selected(name, parameters.list("ignored", []))
	some kind in parameters.list("kinds", [])
	not [name, kind] in guards
	v := {"msg": sprintf("the namespace %q has no %s", [name, kind]), "at": name}
}

guards contains [object.metadata.namespace, object.kind] if some object in input.objects
