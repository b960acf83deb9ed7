# METADATA
# scope: package
# title: Environments differ only where they may
# description: >-
#   The same object (kind and name) differs from that of the reference environment in a field that is
#   not on the list of what may differ. Such drift is how a change works everywhere but in production.
#   Off by default, because what may differ is a decision.
# related_resources:
# - ref: https://12factor.net/dev-prod-parity
# custom:
#   id: fleet/drift
#   severity: warning
#   enabled: false
#   scope: fleet
#   remediation: Give the field the same value in both, or add its path to the parameter allowed.
#   parameters:
#     reference:
#       default: ["prod*", "*/prod*", "*-prod"]
#       description: Patterns of the environment to compare with; the first name counts.
#       schema: {type: array, items: {type: string}}
#     environments:
#       default: ["*"]
#       description: Patterns of the environments that are compared with it.
#       schema: {type: array, items: {type: string}}
#     kinds:
#       default: [Deployment, StatefulSet, DaemonSet, CronJob, Service]
#       description: The kinds that are compared.
#       schema: {type: array, items: {type: string}}
#     allowed:
#       default: ["metadata/*", "spec/replicas", "*/resources/*", "*/env/*", "*/envFrom/*", "*/image", "*/args/*", "*/nodeSelector/*", "*/metadata/labels/*", "*/metadata/annotations/*"]
#       description: Patterns of paths that may differ, such as spec/replicas; * stands for anything.
#       schema: {type: array, items: {type: string}}
#   tags: [fleet, drift]
package penstock.fleet.drift

import data.penstock.lib.fleet
import data.penstock.lib.parameters

reference := sort([name | some name, _ in input.environments; fleet.selected(name, parameters.list("reference", []))])[0]

violation contains v if {
	some name, environment in input.environments
	name != reference
	fleet.selected(name, parameters.list("environments", []))
	some object in environment.objects
	other := originals[identity(object)]
	some path, value in leaves(object)
	different(other, path, value)
	v := {
		"msg": sprintf("%s differs from %s", [path, reference]),
		"at": value.at,
		"environment": name,
	}
}

violation contains v if {
	some name, environment in input.environments
	name != reference
	fleet.selected(name, parameters.list("environments", []))
	some object in environment.objects
	here := leaves(object)
	some path, _ in originals[identity(object)]
	not here[path]
	v := {
		"msg": sprintf("%s is set in %s only", [path, reference]),
		"object": object,
		"environment": name,
	}
}

different(other, path, value) if other[path].value != value.value

different(other, path, _) if not other[path]

originals[identity(object)] := leaves(object) if {
	some object in input.environments[reference].objects
	object.kind in parameters.list("kinds", [])
}

identity(object) := [object.kind, object.metadata.name]

# leaves are the values of an object that may not differ, by their path.
leaves(object) := {text: {"value": value, "at": value} |
	walk(object, [path, value])
	not is_object(value)
	not is_array(value)
	text := concat("/", [sprintf("%v", [step]) | some step in path])
	not fleet.selected(text, parameters.list("allowed", []))
}
