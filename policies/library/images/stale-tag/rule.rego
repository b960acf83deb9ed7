# METADATA
# scope: package
# title: Moving tags are pulled each time
# description: >-
#   A tag that moves, with the pull policy IfNotPresent, is whatever each node pulled first: replicas
#   differ, and a restart changes nothing. Off by default, because images/no-latest-tag finds the tag.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
# custom:
#   id: images/stale-tag
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Name a released version, or set imagePullPolicy to Always.
#   parameters:
#     tags:
#       default: [latest, main, master, edge, nightly, dev, stable]
#       description: Tags that move; a star stands for anything.
#       schema: {type: array, items: {type: string}}
#   tags: [images]
package penstock.images.stale_tag

import data.penstock.lib.images
import data.penstock.lib.names
import data.penstock.lib.parameters
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	entry.container.imagePullPolicy == "IfNotPresent"
	image := entry.container.image
	is_string(image)
	not images.pinned(image)
	moving(lower(images.tag(image)))
	v := {
		"msg": sprintf("%s uses the image %q, whose tag moves, and does not pull it again", [entry.label, image]),
		"at": entry.container.imagePullPolicy,
		"path": array.concat(entry.path, ["imagePullPolicy"]),
		"container": entry.name,
	}
}

moving("")

moving(tag) if names.any_match(parameters.list("tags", ["latest"]), tag)
