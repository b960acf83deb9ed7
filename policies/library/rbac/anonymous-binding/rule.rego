# METADATA
# scope: package
# title: Nothing is granted to the unknown
# description: >-
#   system:anonymous and system:unauthenticated are everybody who can reach the API server, without a
#   password. A binding to them publishes what the role grants. Discovery is public in every cluster.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#minimize-distribution-of-privileged-tokens
# custom:
#   id: rbac/anonymous-binding
#   severity: error
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   remediation: Bind the service accounts, users or groups that need it.
#   tags: [rbac, security]
package penstock.rbac.anonymous_binding

import data.penstock.lib.names

violation contains v if {
	some i, subject in input.subjects
	subject.name in {"system:anonymous", "system:unauthenticated"}
	not public
	v := {
		"msg": sprintf("%s %q grants %s to %s", [input.kind, names.object_name, role, subject.name]),
		"at": subject,
		"path": ["subjects", i],
	}
}

public if input.roleRef.name in {"system:public-info-viewer", "system:service-account-issuer-discovery", "system:discovery"}

role := input.roleRef.name if {
	is_string(input.roleRef.name)
} else := "a role"
