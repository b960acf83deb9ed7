# METADATA
# scope: package
# title: API versions are served by the cluster
# description: >-
#   Kubernetes stops to serve an API version some releases after its successor. The API server of the
#   environment then knows no such kind: the object cannot be applied, and the deployment of everything
#   beside it stops.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
# custom:
#   id: api/removed-version
#   severity: error
#   remediation: Move the manifest to the API version that the message names; fields may have changed, see the migration guide.
#   tags: [api]
package penstock.api.removed_version

import data.penstock.lib.api_versions

violation contains v if {
	api_versions.status == "removed"
	v := {
		"msg": sprintf("%s %s is no longer served since Kubernetes %s; %s", [
			input.apiVersion,
			input.kind,
			api_versions.text(api_versions.entry.removed),
			api_versions.replacement,
		]),
		"at": input.apiVersion,
		"path": ["apiVersion"],
	}
}
