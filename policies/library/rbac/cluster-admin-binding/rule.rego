# METADATA
# scope: package
# title: Nobody is bound to cluster-admin
# description: >-
#   A ClusterRoleBinding to cluster-admin gives its subjects everything in every namespace, secrets
#   and admission included; a leaked token of such a service account is the loss of the cluster.
#   A RoleBinding to it stays within a namespace and is left alone.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
# custom:
#   id: rbac/cluster-admin-binding
#   severity: error
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRoleBinding]
#   remediation: Bind a role with the permissions that are used, or a RoleBinding per namespace; name controllers of the cluster in the parameter allowed.
#   parameters:
#     allowed:
#       default: []
#       description: Subjects that may be bound, as namespace/name for service accounts and name for users and groups; a star stands for anything between slashes.
#   tags: [rbac, security]
package penstock.rbac.cluster_admin_binding

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	input.roleRef.name == "cluster-admin"
	some i, subject in input.subjects
	identity := identity_of(subject)
	not names.any_match(parameters.list("allowed", []), identity)
	v := {
		"msg": sprintf("%s %q is bound to cluster-admin", [kind_of(subject), identity]),
		"at": subject,
		"path": ["subjects", i],
	}
}

kind_of(subject) := subject.kind if {
	is_string(subject.kind)
} else := "subject"

identity_of(subject) := sprintf("%s/%s", [subject.namespace, subject.name]) if {
	subject.kind == "ServiceAccount"
} else := subject.name if {
	is_string(subject.name)
} else := ""
