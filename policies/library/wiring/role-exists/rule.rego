# METADATA
# scope: package
# title: Bindings name roles that exist
# description: >-
#   A RoleBinding to a Role that is missing grants nothing, and roleRef cannot be changed later: the
#   binding has to be made again. Judged are Roles; a ClusterRole may be part of the cluster.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#clusterrolebinding-example
# custom:
#   id: wiring/role-exists
#   severity: warning
#   match:
#     kinds: [rbac.authorization.k8s.io/RoleBinding]
#   remediation: Correct the name, or add the Role to the namespace of the binding.
#   tags: [wiring, rbac]
package penstock.wiring.role_exists

import data.penstock.lib.inventory
import data.penstock.lib.names

violation contains v if {
	input.roleRef.kind == "Role"
	name := input.roleRef.name
	is_string(name)
	not inventory.space["rbac.authorization.k8s.io/v1"].Role[name]
	not startswith(name, "system:")
	not startswith(name, "extension-apiserver-authentication-reader")
	not inventory.opaque
	v := {
		"msg": sprintf("RoleBinding %q names the Role %q, which is not rendered", [names.object_name, name]),
		"at": name,
		"path": ["roleRef", "name"],
	}
}
