# METADATA
# scope: package
# title: Nothing is granted to the default service account
# description: >-
#   Every pod that names no service account runs as the one called default. What is bound to it is
#   granted to all of them, to the next one as well.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/default-account-binding
#   severity: warning
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   remediation: Give the pods that need it a service account of their own, and bind that.
#   tags: [rbac, security]
package penstock.rbac.default_account_binding

import data.penstock.lib.names

violation contains v if {
	some i, subject in input.subjects
	subject.kind == "ServiceAccount"
	subject.name == "default"
	v := {
		"msg": sprintf("%s %q grants %v to the default service account of %v", [
			input.kind, names.object_name, object.get(input, ["roleRef", "name"], "a role"), object.get(subject, "namespace", "its namespace"),
		]),
		"at": subject,
		"path": ["subjects", i],
	}
}
