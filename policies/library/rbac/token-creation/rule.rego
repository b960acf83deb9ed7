# METADATA
# scope: package
# title: Roles do not issue tokens
# description: >-
#   Whoever may create tokens of service accounts acts as any of them, and whoever may approve certificate
#   requests makes users. Off by default, because vaults and meshes need it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request
# custom:
#   id: rbac/token-creation
#   severity: warning
#   enabled: false
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRole]
#   remediation: Name the service accounts in resourceNames, or grant it by a RoleBinding in one namespace.
#   tags: [rbac, security]
package penstock.rbac.token_creation

import data.penstock.lib.names
import data.penstock.lib.roles

violation contains v if {
	some i, rule in input.rules
	some grant in [["", "serviceaccounts/token", "create"], ["certificates.k8s.io", "certificatesigningrequests/approval", "update"]]
	roles.grants(rule, grant[0], grant[1], grant[2])
	not roles.narrow(rule)
	v := {
		"msg": sprintf("%s %q grants %s on %s", [input.kind, names.object_name, grant[2], grant[1]]),
		"at": rule,
		"path": ["rules", i],
	}
}
