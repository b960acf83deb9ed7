# METADATA
# scope: package
# title: Objects carry the annotations that the team requires
# description: >-
#   Owners, contacts and descriptions that are too long for labels stand in annotations. Which ones are
#   required is up to the team, so that without the parameter annotations nothing is.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/
# custom:
#   id: governance/required-annotations
#   severity: warning
#   remediation: Add the annotation to metadata.annotations, or to commonAnnotations in the kustomization.
#   parameters:
#     annotations:
#       default: []
#       description: Names of annotations that every object must carry with a value.
#       schema: {type: array, items: {type: string, minLength: 1}}
#     kinds:
#       default: []
#       description: Kinds that must carry them, such as Namespace; empty means all.
#       schema: {type: array, items: {type: string, minLength: 1}}
#   tags: [governance]
package penstock.governance.required_annotations

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	some annotation in parameters.list("annotations", [])
	judged
	not given(annotation)
	v := {
		"msg": sprintf("%s %q lacks the annotation %v", [input.kind, names.object_name, annotation]),
		"at": nearest,
		"path": ["metadata", "annotations", annotation],
	}
}

judged if parameters.list("kinds", []) == []

judged if input.kind in parameters.list("kinds", [])

given(annotation) if {
	value := input.metadata.annotations[annotation]
	not value in {"", null}
}

nearest := input.metadata.annotations if {
	is_object(input.metadata.annotations)
} else := input.metadata
