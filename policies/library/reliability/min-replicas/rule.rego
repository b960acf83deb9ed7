# METADATA
# scope: package
# title: Production workloads have replicas
# description: >-
#   One replica means an outage whenever its node is drained, its image is updated or its process dies.
#   Judged are Deployments and StatefulSets in environments that are labelled production. Where a
#   HorizontalPodAutoscaler sets the replicas, its minReplicas counts.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#replicas
# custom:
#   id: reliability/min-replicas
#   severity: warning
#   match:
#     kinds: [apps/Deployment, apps/StatefulSet, extensions/Deployment]
#   remediation: Set spec.replicas, or minReplicas of its HorizontalPodAutoscaler, to 2 or more.
#   parameters:
#     minimum:
#       default: 2
#       description: The least number of replicas.
#     labels:
#       default:
#         tier: [production, prod]
#         env: [production, prod]
#         environment: [production, prod]
#         stage: [production, prod]
#       description: Labels of an environment, and their values, of which one makes it production.
#     ignored:
#       default: []
#       description: Workloads that may have fewer, as namespace/name; a star stands for anything between slashes.
#   tags: [reliability, production]
package penstock.reliability.min_replicas

import data.penstock.lib.names
import data.penstock.lib.parameters
import data.penstock.lib.replicas

violation contains v if {
	production
	minimum := parameters.number("minimum", 2)
	found := replicas.least
	not enough(found.count, minimum)
	not names.any_match(parameters.list("ignored", []), names.qualified)
	v := {
		"msg": sprintf("%s %q has %s in production, %v are needed", [input.kind, names.object_name, found.text, minimum]),
		"at": replicas.nearest,
		"path": ["spec", "replicas"],
	}
}

production if {
	some label, values in parameters.mapping("labels", fallback)
	input.review.environment.labels[label] in as_list(values)
}

fallback := {label: ["production", "prod"] | some label in ["tier", "env", "environment", "stage"]}

as_list(values) := values if {
	is_array(values)
} else := [values]

enough(count, minimum) if {
	is_number(count)
	count >= minimum
}
