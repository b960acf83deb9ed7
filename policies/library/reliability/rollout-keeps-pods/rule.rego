# METADATA
# scope: package
# title: Rollouts leave pods that answer
# description: >-
#   A rolling update whose maxUnavailable is as large as the number of replicas stops all pods before the
#   first new one is ready: each release is an outage.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable
# custom:
#   id: reliability/rollout-keeps-pods
#   severity: warning
#   match:
#     kinds: [apps/Deployment]
#   remediation: Set maxUnavailable to 0 with a maxSurge of 1, or below the number of replicas.
#   tags: [reliability]
package penstock.reliability.rollout_keeps_pods

import data.penstock.lib.names
import data.penstock.lib.quantities
import data.penstock.lib.replicas

violation contains v if {
	value := input.spec.strategy.rollingUpdate.maxUnavailable
	replicas.least.count > 0
	floor(quantities.share(value, replicas.least.count)) >= replicas.least.count
	v := {
		"msg": sprintf("a rollout of Deployment %q may stop all of its pods: maxUnavailable is %v, with %s", [
			names.object_name, value, replicas.least.text,
		]),
		"at": value,
		"path": ["spec", "strategy", "rollingUpdate", "maxUnavailable"],
	}
}
