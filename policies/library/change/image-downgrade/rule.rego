# METADATA
# scope: package
# title: Images do not go back to older versions
# description: >-
#   An older version of an image after a newer one is a rollback, or a merge that took the wrong side: an
#   older program may not read what the newer one wrote. Versions are compared as numbers; what is no
#   version is left alone.
# related_resources:
# - ref: https://semver.org/
# custom:
#   id: change/image-downgrade
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob]
#     operations: [UPDATE]
#   remediation: Take the newer version, or waive the rule for a rollback that is meant.
#   tags: [change, images]
package penstock.change.image_downgrade

import data.penstock.lib.images
import data.penstock.lib.inventory
import data.penstock.lib.versions
import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	image := entry.container.image
	is_string(image)
	some old in inventory.template_of(input.review.oldObject).spec[entry.kind]
	old.name == entry.container.name
	is_string(old.image)
	images.repository(old.image) == images.repository(image)
	older(versions.release(images.tag(image)), versions.release(images.tag(old.image)))
	v := {
		"msg": sprintf("%s goes back from version %s to %s of %s", [
			entry.label, images.tag(old.image), images.tag(image), images.repository(image),
		]),
		"at": image,
		"path": array.concat(entry.path, ["image"]),
		"container": entry.name,
	}
}

# 1.2 may be 1.2.3 or newer: only the parts that both have are compared.
older(version, than) if {
	parts := min([count(version), count(than)])
	array.slice(version, 0, parts) < array.slice(than, 0, parts)
}
