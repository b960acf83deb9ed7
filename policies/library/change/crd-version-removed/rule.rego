# METADATA
# scope: package
# title: Definitions keep the versions that are in use
# description: >-
#   When a CustomResourceDefinition stops to serve a version, every manifest and every client that uses it
#   fails. The API server refuses it while objects are stored in that version, and says nothing otherwise.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/
# custom:
#   id: change/crd-version-removed
#   severity: error
#   match:
#     kinds: [apiextensions.k8s.io/CustomResourceDefinition]
#     operations: [UPDATE]
#   remediation: Serve the version until nothing uses it, deprecated where clients have to be told; then waive the rule.
#   tags: [change, api]
package penstock.change.crd_version_removed

import data.penstock.lib.names

violation contains v if {
	some old in input.review.oldObject.spec.versions
	old.served == true
	not served(old.name)
	v := {
		"msg": sprintf("CustomResourceDefinition %q no longer serves the version %v", [names.object_name, old.name]),
		"at": nearest(old.name),
		"path": ["spec", "versions"],
	}
}

served(name) if {
	some version in input.spec.versions
	version.name == name
	version.served == true
}

nearest(_) := input.spec.versions if {
	true
} else := input.metadata
