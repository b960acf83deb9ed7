# METADATA
# scope: package
# title: Labels of nodes are those that nodes have
# description: >-
#   Nodes lost the labels beta.kubernetes.io and failure-domain.beta.kubernetes.io on new providers, and
#   the role master: a pod that selects by them is not scheduled.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/labels-annotations-taints/
# custom:
#   id: api/deprecated-label
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Use the label that the message names.
#   tags: [api]
package penstock.api.deprecated_label

import data.penstock.lib.workloads

violation contains v if {
	some label, value in workloads.pod.nodeSelector
	successor := successors[label]
	v := {
		"msg": sprintf("the pod selects nodes by the label %s; use %s", [label, successor]),
		"at": value,
		"path": array.concat(workloads.pod_path, ["nodeSelector", label]),
	}
}

violation contains v if {
	some i, term in workloads.pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms
	some j, expression in term.matchExpressions
	not expression.operator in {"DoesNotExist", "NotIn"}
	successor := successors[expression.key]
	v := {
		"msg": sprintf("the pod selects nodes by the label %s; use %s", [expression.key, successor]),
		"at": expression.key,
		"path": array.concat(workloads.pod_path, [
			"affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
			"nodeSelectorTerms", i, "matchExpressions", j, "key",
		]),
	}
}

violation contains v if {
	some i, constraint in workloads.pod.topologySpreadConstraints
	successor := successors[constraint.topologyKey]
	v := {
		"msg": sprintf("the pod is spread by the label %s; use %s", [constraint.topologyKey, successor]),
		"at": constraint.topologyKey,
		"path": array.concat(workloads.pod_path, ["topologySpreadConstraints", i, "topologyKey"]),
	}
}

successors := {
	"beta.kubernetes.io/arch": "kubernetes.io/arch",
	"beta.kubernetes.io/os": "kubernetes.io/os",
	"beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
	"failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
	"failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
	"node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
