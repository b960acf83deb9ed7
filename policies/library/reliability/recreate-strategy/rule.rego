# METADATA
# scope: package
# title: Deployments are rolled out, not recreated
# description: >-
#   The strategy Recreate stops all pods before it starts new ones: each release is an outage. Off by
#   default, because a pod with a volume that one node mounts needs it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment
# custom:
#   id: reliability/recreate-strategy
#   severity: warning
#   enabled: false
#   match:
#     kinds: [apps/Deployment]
#   remediation: Use the strategy RollingUpdate, or a StatefulSet for pods with volumes of their own.
#   tags: [reliability]
package penstock.reliability.recreate_strategy

import data.penstock.lib.names

violation contains v if {
	input.spec.strategy.type == "Recreate"
	v := {
		"msg": sprintf("a rollout of Deployment %q stops all of its pods (strategy Recreate)", [names.object_name]),
		"at": input.spec.strategy.type,
		"path": ["spec", "strategy", "type"],
	}
}
