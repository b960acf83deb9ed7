# METADATA
# scope: package
# title: Images do not come from denied registries
# description: >-
#   Registries that are closed, limited in what they serve, or not trusted. The defaults are those whose
#   images are gone: k8s.gcr.io is frozen and to be shut down.
# related_resources:
# - ref: https://kubernetes.io/blog/2023/03/10/image-registry-redirect/
# custom:
#   id: images/denied-registries
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Use the successor of the registry, such as registry.k8s.io for k8s.gcr.io.
#   parameters:
#     registries:
#       default: [k8s.gcr.io, gcr.io/google-containers]
#       description: Registries, or paths in them, that images must not come from; docker.io stands for images without a registry.
#       schema: {type: array, items: {type: string, minLength: 1}}
#   tags: [images, supply-chain]
package penstock.images.denied_registries

import data.penstock.lib.images
import data.penstock.lib.parameters

violation contains v if {
	some reference in images.references
	some registry in parameters.list("registries", [])
	images.from(reference.image, registry)
	v := {
		"msg": sprintf("%s uses the image %q from %s", [reference.label, reference.image, registry]),
		"at": reference.at,
		"path": reference.path,
		"container": reference.name,
	}
}
