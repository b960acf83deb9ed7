# METADATA
# scope: package
# title: Cluster roles do not grant everything
# description: >-
#   A ClusterRole with a wildcard for API groups, resources and verbs is cluster-admin under another
#   name: whoever is bound to it, and whoever takes over a pod that runs as such a service account,
#   owns the cluster.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/full-access
#   severity: error
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRole]
#   remediation: List the API groups, resources and verbs that are used.
#   tags: [rbac, security]
package penstock.rbac.full_access

import data.penstock.lib.names
import data.penstock.lib.roles

violation contains v if {
	some i, rule in input.rules
	roles.total(rule)
	not named(rule)
	v := {
		"msg": sprintf("ClusterRole %q grants every verb on every resource", [names.object_name]),
		"at": rule,
		"path": ["rules", i],
	}
}

# A rule that is bound to names grants less.
named(rule) if {
	is_array(rule.resourceNames)
	count(rule.resourceNames) > 0
}
