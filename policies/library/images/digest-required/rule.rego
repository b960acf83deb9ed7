# METADATA
# scope: package
# title: Images are pinned by digest
# description: >-
#   A tag can be moved to other content by whoever may push to the registry. A digest names the content
#   itself, so that what was reviewed is what runs. Off by default, because it needs a bot that renews
#   digests.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/#image-names
# custom:
#   id: images/digest-required
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Append the digest to the image, as in nginx:1.29.1@sha256:…; kustomize edit set image and Renovate can write it.
#   parameters:
#     ignored:
#       default: [auto]
#       description: Images that are left alone; auto is the placeholder that Istio replaces at injection.
#   tags: [images, supply-chain]
package penstock.images.digest_required

import data.penstock.lib.images
import data.penstock.lib.parameters

violation contains v if {
	some reference in images.references
	not reference.image in parameters.list("ignored", [])
	not images.pinned(reference.image)
	v := {
		"msg": sprintf("%s uses the image %q, which is not pinned by a digest", [reference.label, reference.image]),
		"at": reference.at,
		"path": reference.path,
		"container": reference.name,
	}
}
