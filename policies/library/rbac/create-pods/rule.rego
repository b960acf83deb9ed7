# METADATA
# scope: package
# title: Roles do not create pods
# description: >-
#   Whoever may create pods, directly or through a workload, runs code under any service account of the
#   namespace and reads any of its secrets. Off by default, because deployers and operators need it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation
# custom:
#   id: rbac/create-pods
#   severity: warning
#   enabled: false
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRole]
#   remediation: Grant it by a RoleBinding in the namespaces that need it, and let pods be created by a deployer.
#   tags: [rbac, security]
package penstock.rbac.create_pods

import data.penstock.lib.names
import data.penstock.lib.roles

violation contains v if {
	some i, rule in input.rules
	some group, kinds in makers
	some resource in kinds
	roles.grants(rule, group, resource, "create")
	not roles.narrow(rule)
	v := {
		"msg": sprintf("%s %q grants create on %s", [input.kind, names.object_name, resource]),
		"at": rule,
		"path": ["rules", i],
	}
}

makers := {"": ["pods", "replicationcontrollers"], "apps": ["deployments", "statefulsets", "daemonsets", "replicasets"], "batch": ["jobs", "cronjobs"]}
