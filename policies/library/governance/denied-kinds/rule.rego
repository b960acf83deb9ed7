# METADATA
# scope: package
# title: Kinds that the team does not want are not used
# description: >-
#   Some kinds are for the platform alone, or for nobody: Pods without a controller, ClusterRoles of
#   tenants, an operator that is to be removed. Which ones is up to the team, so that without the
#   parameter kinds nothing is refused.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/#working-with-pods
# custom:
#   id: governance/denied-kinds
#   severity: error
#   remediation: Use another kind, or take the kind out of the parameter for the environments that may have it.
#   parameters:
#     kinds:
#       default: []
#       description: Kinds that are refused, as Kind or group/Kind with core for the core group; a star stands for anything between slashes.
#       schema: {type: array, items: {type: string, minLength: 1}}
#   tags: [governance]
package penstock.governance.denied_kinds

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	denied := parameters.list("kinds", [])
	count(denied) > 0
	is_string(input.kind)
	some name in [input.kind, sprintf("%s/%s", [group, input.kind])]
	names.any_match(denied, name)
	v := {
		"msg": sprintf("%s %q is of a kind that is not to be used", [input.kind, names.object_name]),
		"at": input.kind,
		"path": ["kind"],
	}
}

group := split(input.apiVersion, "/")[0] if {
	is_string(input.apiVersion)
	contains(input.apiVersion, "/")
} else := "core"
