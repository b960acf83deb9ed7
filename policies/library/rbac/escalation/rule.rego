# METADATA
# scope: package
# title: Roles do not let their subjects gain more
# description: >-
#   With escalate a subject writes roles beyond its own permissions, with bind it binds any role, and with
#   impersonate it acts as any user. Each is cluster-admin for who knows how.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb
# custom:
#   id: rbac/escalation
#   severity: warning
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   remediation: Remove the verb, or name in resourceNames the roles, users and groups that are meant.
#   tags: [rbac, security]
package penstock.rbac.escalation

import data.penstock.lib.names
import data.penstock.lib.roles

violation contains v if {
	some i, rule in input.rules
	some verb in ["escalate", "bind", "impersonate"]
	roles.listed(rule, "verbs", verb)
	not roles.narrow(rule)
	v := {
		"msg": sprintf("%s %q grants %s on %s", [input.kind, names.object_name, verb, roles.objects(rule)]),
		"at": rule.verbs,
		"path": ["rules", i, "verbs"],
	}
}
