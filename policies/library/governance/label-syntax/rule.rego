# METADATA
# scope: package
# title: Labels and annotations can be stored
# description: >-
#   The value of a label is text of at most 63 letters, digits, dashes, dots and underscores; that of an
#   annotation is text. A number or a boolean without quotes is neither, and the API server refuses the
#   object.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
# custom:
#   id: governance/label-syntax
#   severity: error
#   remediation: Put numbers and booleans in quotes, and what is no label into an annotation.
#   tags: [governance]
package penstock.governance.label_syntax

import data.penstock.lib.names

violation contains v if {
	some place in places
	some key, value in place.labels
	is_string(key)
	fault := label_fault(key, value)
	v := {
		"msg": sprintf("%s %q has the label %s, %s", [input.kind, names.object_name, key, fault]),
		"at": value,
		"path": array.concat(place.path, ["labels", key]),
	}
}

violation contains v if {
	some place in places
	some key, value in place.annotations
	not is_string(value)
	not value == null
	v := {
		"msg": sprintf("%s %q has the annotation %v, whose value is no text", [input.kind, names.object_name, key]),
		"at": value,
		"path": array.concat(place.path, ["annotations", key]),
	}
}

# places are the metadata of the object and of its pods.
places := [place |
	some path in [["metadata"], ["spec", "template", "metadata"], ["spec", "jobTemplate", "spec", "template", "metadata"]]
	metadata := object.get(input, path, null)
	is_object(metadata)
	place := {
		"labels": object.get(metadata, "labels", {}),
		"annotations": object.get(metadata, "annotations", {}),
		"path": path,
	}
]

label_fault(_, value) := "whose value is no text" if {
	not is_string(value)
	value != null
} else := sprintf("whose value %q is no label", [value]) if {
	is_string(value)
	not contains(value, "${")
	not regex.match(`^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$`, value)
}

label_fault(key, _) := "whose name is none of a label" if {
	not contains(key, "${")
	not regex.match(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`, key)
}
