# METADATA
# scope: package
# title: Changes do not delete data
# description: >-
#   Deleting a PersistentVolumeClaim, a PersistentVolume, a StatefulSet, a Namespace or a
#   CustomResourceDefinition takes data or whole applications with it, and reverting the change does not
#   bring them back. A rename is such a deletion. Objects that Flux or Argo CD are told to keep are left
#   alone; the annotation of Helm is not trusted, because charts carry it under deployers that ignore it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
# custom:
#   id: change/destructive-delete
#   severity: error
#   match:
#     kinds:
#     - Namespace
#     - PersistentVolume
#     - PersistentVolumeClaim
#     - apiextensions.k8s.io/CustomResourceDefinition
#     - apps/StatefulSet
#     operations: [DELETE]
#   remediation: Keep the object, or save the data first, annotate the object so that the deployer keeps it, and waive this deletion.
#   parameters:
#     keep:
#       default:
#         kustomize.toolkit.fluxcd.io/prune: disabled
#         argocd.argoproj.io/sync-options: Prune=false
#       description: Annotations, and what a comma-separated value has to contain, that make the deployer keep the object.
#   tags: [change, data]
package penstock.change.destructive_delete

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	input.review.operation == "DELETE"
	loss := losses[input.kind]
	not kept
	v := {
		"msg": sprintf("%s %q is deleted%s", [input.kind, names.object_name, loss]),
		"at": input.metadata,
		"path": ["metadata", "name"],
	}
}

kept if {
	some annotation, value in parameters.mapping("keep", {})
	is_string(input.metadata.annotations[annotation])
	some option in split(input.metadata.annotations[annotation], ",")
	trim_space(option) == value
}

losses := {
	"PersistentVolumeClaim": ", and its volume with it unless the volume is retained",
	"PersistentVolume": volume_loss,
	"StatefulSet": stateful_loss,
	"Namespace": ", and everything in it, volumes included",
	"CustomResourceDefinition": ", and every object of its kind in the cluster with it",
}

volume_loss := "; its reclaim policy keeps the storage, but no claim finds it again" if {
	input.spec.persistentVolumeReclaimPolicy == "Retain"
} else := ", and its storage with it"

stateful_loss := ", and the claims of its replicas with it (persistentVolumeClaimRetentionPolicy)" if {
	input.spec.persistentVolumeClaimRetentionPolicy.whenDeleted == "Delete"
} else := "; its replicas stop at once, and their claims stay behind"
