# METADATA
# scope: package
# title: Objects carry the labels that the team requires
# description: >-
#   Cost, ownership and alerts are found by labels; an object without them is nobody's. Which labels
#   are required is up to the team, so that without the parameter labels nothing is.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
# custom:
#   id: governance/required-labels
#   severity: warning
#   remediation: Add the label to metadata.labels, or to labels in the kustomization.
#   parameters:
#     labels:
#       default: []
#       description: Names of labels that every object must carry with a value, such as app.kubernetes.io/name.
#     kinds:
#       default: []
#       description: Kinds that must carry them, such as Deployment; empty means all.
#   tags: [governance]
package penstock.governance.required_labels

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	some label in parameters.list("labels", [])
	judged
	not given(label)
	v := {
		"msg": sprintf("%s %q lacks the label %v", [input.kind, names.object_name, label]),
		"at": nearest,
		"path": ["metadata", "labels", label],
	}
}

judged if parameters.list("kinds", []) == []

judged if input.kind in parameters.list("kinds", [])

given(label) if {
	value := input.metadata.labels[label]
	not value in {"", null}
}

nearest := input.metadata.labels if {
	is_object(input.metadata.labels)
} else := input.metadata
