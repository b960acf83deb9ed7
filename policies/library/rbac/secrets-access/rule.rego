# METADATA
# scope: package
# title: Roles do not read all secrets
# description: >-
#   Whoever may get, list or watch secrets has the tokens of service accounts and the passwords of every
#   application in reach; list and watch give the content, too. Off by default, because controllers that
#   work on secrets need it. Roles that name the secrets are left alone.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets
# custom:
#   id: rbac/secrets-access
#   severity: warning
#   enabled: false
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   remediation: Grant get on the secrets that are used, by resourceNames.
#   tags: [rbac, security]
package penstock.rbac.secrets_access

import data.penstock.lib.names
import data.penstock.lib.roles

violation contains v if {
	some i, rule in input.rules
	some verb in ["get", "list", "watch"]
	roles.grants(rule, "", "secrets", verb)
	not roles.narrow(rule)
	v := {
		"msg": sprintf("%s %q grants %s on all secrets", [input.kind, names.object_name, verb]),
		"at": rule,
		"path": ["rules", i],
	}
}
