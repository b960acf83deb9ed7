# METADATA
# scope: package
# title: Images have a tag other than latest
# description: >-
#   An image without a tag, or with the tag latest, is another image tomorrow: a restarted pod may run
#   code that nobody reviewed, two replicas may differ, and a rollback rolls nothing back. A digest pins
#   an image whatever its tag.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/#image-names
# custom:
#   id: images/no-latest-tag
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Name a released version, such as nginx:1.29.1, or pin the image by its digest.
#   parameters:
#     ignored:
#       default: [auto]
#       description: Images that are left alone; auto is the placeholder that Istio replaces at injection.
#   tags: [images, supply-chain]
package penstock.images.no_latest_tag

import data.penstock.lib.images
import data.penstock.lib.parameters

violation contains v if {
	some reference in images.references
	not reference.image in parameters.list("ignored", [])
	not images.pinned(reference.image)
	fault := unpinned(reference.image)
	v := {
		"msg": sprintf("%s %s", [reference.label, fault]),
		"at": reference.at,
		"path": reference.path,
		"container": reference.name,
	}
}

unpinned("") := "names no image"

# Tags are case-sensitive; a registry that has Latest moves it like latest.
unpinned(image) := sprintf("uses the image %q, whose tag is latest", [image]) if {
	lower(images.tag(image)) == "latest"
} else := sprintf("uses the image %q, which has no tag", [image]) if {
	image != ""
	images.tag(image) == ""
}
