# METADATA
# scope: package
# title: Roles do not run commands in pods
# description: >-
#   Whoever may exec into or attach to pods acts as they do, with their secrets and their network, and
#   leaves nothing in the repository. The same goes for ephemeral containers and for the API of kubelets
#   (nodes/proxy).
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes
# custom:
#   id: rbac/pod-exec
#   severity: warning
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRole]
#   remediation: Remove the permission, or grant it by a RoleBinding in the namespaces that need it.
#   tags: [rbac, security]
package penstock.rbac.pod_exec

import data.penstock.lib.names
import data.penstock.lib.roles

violation contains v if {
	some i, rule in input.rules
	some resource in ["pods/exec", "pods/attach", "pods/ephemeralcontainers", "nodes/proxy"]
	some verb in ["create", "update", "patch", "get"]
	roles.grants(rule, "", resource, verb)
	not resource_wildcard(rule)
	v := {
		"msg": sprintf("%s %q grants %s", [input.kind, names.object_name, resource]),
		"at": rule,
		"path": ["rules", i],
	}
}

# That is what rbac/wildcard and rbac/full-access find.
resource_wildcard(rule) if roles.wild(rule, "resources")
