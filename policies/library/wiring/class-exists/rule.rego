# METADATA
# scope: package
# title: Classes that objects name exist
# description: >-
#   A pod of a priority or runtime class that is missing is refused, a claim of a storage class that is
#   missing waits for ever, and nothing serves an Ingress of a class that is missing. Where an environment
#   renders no class of the kind, they are part of the cluster, and nothing is said.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/storage-classes/
# - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#priorityclass
# - ref: https://kubernetes.io/docs/concepts/containers/runtime-class/
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class
# custom:
#   id: wiring/class-exists
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, core/PersistentVolumeClaim, networking.k8s.io/Ingress]
#   remediation: Correct the name, add the class, or name it in the parameter present if the cluster has it.
#   parameters:
#     present:
#       default: [system-cluster-critical, system-node-critical]
#       description: Classes that the cluster has, of any kind; a star stands for anything.
#       schema: {type: array, items: {type: string}}
#     complete:
#       default: false
#       description: The environment renders all classes of its cluster, so that one of a kind of which it renders none is missing as well.
#       schema: {type: boolean}
#   tags: [wiring]
package penstock.wiring.class_exists

import data.penstock.lib.names
import data.penstock.lib.parameters
import data.penstock.lib.workloads

violation contains v if {
	some reference in references
	is_string(reference.name)
	reference.name != ""
	rendered := classes(reference.kind)
	looked_at(rendered)
	not reference.name in rendered
	not names.any_match(parameters.list("present", []), reference.name)
	v := {
		"msg": sprintf("%s %q names the %s %q, which is not rendered", [input.kind, names.object_name, reference.kind, reference.name]),
		"at": reference.name,
		"path": reference.path,
	}
}

looked_at(rendered) if count(rendered) > 0

looked_at(_) if input.review.parameters.complete == true

classes(kind) := {name |
	some version
	some name, _ in data.inventory.cluster[version][kind]
}

references contains reference if {
	some field, kind in {"priorityClassName": "PriorityClass", "runtimeClassName": "RuntimeClass"}
	reference := {"kind": kind, "name": workloads.pod[field], "path": array.concat(workloads.pod_path, [field])}
}

references contains reference if {
	input.kind == "PersistentVolumeClaim"
	reference := {"kind": "StorageClass", "name": input.spec.storageClassName, "path": ["spec", "storageClassName"]}
}

references contains reference if {
	some i, template in input.spec.volumeClaimTemplates
	reference := {
		"kind": "StorageClass",
		"name": template.spec.storageClassName,
		"path": ["spec", "volumeClaimTemplates", i, "spec", "storageClassName"],
	}
}

references contains reference if {
	input.kind == "Ingress"
	reference := {"kind": "IngressClass", "name": input.spec.ingressClassName, "path": ["spec", "ingressClassName"]}
}
