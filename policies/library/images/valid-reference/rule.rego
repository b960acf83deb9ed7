# METADATA
# scope: package
# title: Image names can be read
# description: >-
#   A name with capital letters, spaces or an unreplaced template in it is accepted by the API server, and
#   the pod never starts: InvalidImageName. Variables that Flux replaces are left alone.
# related_resources:
# - ref: https://pkg.go.dev/github.com/distribution/reference
# custom:
#   id: images/valid-reference
#   severity: error
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Write registry/path/name:tag in small letters; the tag alone may have capitals.
#   tags: [images]
package penstock.images.valid_reference

import data.penstock.lib.images

violation contains v if {
	some reference in images.references
	reference.image != ""
	not contains(reference.image, "${")
	not regex.match(pattern, reference.image)
	v := {
		"msg": sprintf("%s uses the image %q, which is no valid name", [reference.label, reference.image]),
		"at": reference.at,
		"path": reference.path,
		"container": reference.name,
	}
}

pattern := concat("", [
	`^((?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?/|\[[0-9a-fA-F:]+\](?::[0-9]+)?/)?`,
	`[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*`,
	`(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
])
