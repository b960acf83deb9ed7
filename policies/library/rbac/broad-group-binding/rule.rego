# METADATA
# scope: package
# title: Nothing is granted to everybody, or beyond all checks
# description: >-
#   system:authenticated and system:serviceaccounts are every user and every pod of the cluster, and
#   system:masters passes every check and cannot be revoked. Discovery and the like are granted to
#   everybody in every cluster.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
# custom:
#   id: rbac/broad-group-binding
#   severity: warning
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRoleBinding]
#   remediation: Bind the groups and service accounts that need it.
#   parameters:
#     roles:
#       default: ["system:*"]
#       description: Roles that may be granted to everybody; a star stands for anything between slashes.
#       schema: {type: array, items: {type: string}}
#   tags: [rbac, security]
package penstock.rbac.broad_group_binding

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	some i, subject in input.subjects
	subject.kind == "Group"
	subject.name in {"system:authenticated", "system:serviceaccounts", "system:masters"}
	not allowed
	v := {
		"msg": sprintf("%s %q grants %v to %s", [input.kind, names.object_name, object.get(input, ["roleRef", "name"], ""), subject.name]),
		"at": subject,
		"path": ["subjects", i],
	}
}

allowed if {
	is_string(input.roleRef.name)
	names.any_match(parameters.list("roles", []), input.roleRef.name)
}
