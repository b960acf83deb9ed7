# METADATA
# scope: package
# title: Autoscaled workloads do not set replicas
# description: >-
#   Where an autoscaler sets the replicas of a workload and the manifest sets them, too, each apply resets
#   what the autoscaler decided: pods are killed under load, and come back minutes later.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling
# custom:
#   id: reliability/hpa-static-replicas
#   severity: warning
#   match:
#     kinds: [apps/Deployment, apps/StatefulSet]
#   remediation: Remove spec.replicas from the manifest; what runs keeps the number that it has.
#   tags: [reliability]
package penstock.reliability.hpa_static_replicas

import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.replicas

violation contains v if {
	is_number(input.spec.replicas)
	input.spec.replicas > 0
	some scaler in scalers
	v := {
		"msg": sprintf("%s %q sets its replicas, and so does the %s %q", [
			input.kind, names.object_name, scaler.kind, scaler.metadata.name,
		]),
		"at": input.spec.replicas,
		"path": ["spec", "replicas"],
	}
}

scalers := array.concat(
	inventory.autoscalers(input.kind, names.object_name),
	replicas.scaled_objects(input.kind, names.object_name),
)
