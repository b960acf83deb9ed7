# METADATA
# scope: package
# title: Claims do not shrink
# description: >-
#   The storage that a PersistentVolumeClaim requests can only grow: a smaller number is refused by the
#   API server, and with it the rest of what is applied.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
# custom:
#   id: change/claim-shrunk
#   severity: error
#   match:
#     kinds: [core/PersistentVolumeClaim]
#     operations: [UPDATE]
#   remediation: Keep the size, or move the data to a new claim.
#   tags: [change, data]
package penstock.change.claim_shrunk

import data.penstock.lib.names
import data.penstock.lib.quantities

violation contains v if {
	before := input.review.oldObject.spec.resources.requests.storage
	after := input.spec.resources.requests.storage
	quantities.number(after) < quantities.number(before)
	v := {
		"msg": sprintf("PersistentVolumeClaim %q shrinks from %v to %v", [names.object_name, before, after]),
		"at": after,
		"path": ["spec", "resources", "requests", "storage"],
	}
}
