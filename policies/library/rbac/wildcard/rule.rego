# METADATA
# scope: package
# title: Roles use no wildcards
# description: >-
#   A wildcard in verbs or resources also grants what is added later: new verbs such as escalate,
#   subresources such as exec, and every custom resource of the group. A ClusterRole that grants
#   everything is found by rbac/full-access instead.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/wildcard
#   severity: warning
#   match:
#     kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   remediation: List the verbs and resources that are used.
#   tags: [rbac, security]
package penstock.rbac.wildcard

import data.penstock.lib.names
import data.penstock.lib.roles

violation contains v if {
	some i, rule in input.rules
	some field in ["verbs", "resources"]
	roles.wild(rule, field)
	not full(rule)
	v := {
		"msg": sprintf("%s %q grants %s", [input.kind, names.object_name, grant(field, rule)]),
		"at": rule[field],
		"path": ["rules", i, field],
	}
}

full(rule) if {
	input.kind == "ClusterRole"
	roles.total(rule)
}

# The message has no place in the list, so that it stays the same when rules move.
grant("verbs", rule) := sprintf("every verb on %s", [roles.objects(rule)])

grant("resources", rule) := sprintf("%s on every resource of the API group %s", [roles.text(rule, "verbs"), roles.text(rule, "apiGroups")])
