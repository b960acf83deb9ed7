# METADATA
# scope: package
# title: Images come from the registries of the team
# description: >-
#   What runs is what somebody pushed somewhere. Which registries are trusted is up to the team, so that
#   without the parameter registries every image is allowed.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/#image-names
# custom:
#   id: images/allowed-registries
#   severity: error
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Use an image of an allowed registry, or copy the image there.
#   parameters:
#     registries:
#       default: []
#       description: Registries, or paths in them, that images may come from, such as ghcr.io/example; docker.io stands for images without a registry.
#       schema: {type: array, items: {type: string, minLength: 1}}
#   tags: [images, supply-chain]
package penstock.images.allowed_registries

import data.penstock.lib.images
import data.penstock.lib.parameters

violation contains v if {
	allowed := parameters.list("registries", [])
	count(allowed) > 0
	some reference in images.references
	reference.image != ""
	not images.from_any(reference.image, allowed)
	v := {
		"msg": sprintf("%s uses the image %q, which is not from an allowed registry", [reference.label, reference.image]),
		"at": reference.at,
		"path": reference.path,
		"container": reference.name,
	}
}
