# METADATA
# scope: package
# title: API versions are not deprecated
# description: >-
#   A deprecated API version still works in the environment's Kubernetes version and stops to be served
#   in a later one. Moving before that upgrade is a change of one line; during it, it is an outage.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
# custom:
#   id: api/deprecated-version
#   severity: warning
#   remediation: Move the manifest to the API version that the message names before the cluster is upgraded.
#   tags: [api]
package penstock.api.deprecated_version

import data.penstock.lib.api_versions

violation contains v if {
	api_versions.status == "deprecated"
	v := {
		"msg": sprintf("%s %s is deprecated since Kubernetes %s%s; %s", [
			input.apiVersion,
			input.kind,
			api_versions.text(api_versions.entry.deprecated),
			outlook,
			api_versions.replacement,
		]),
		"at": input.apiVersion,
		"path": ["apiVersion"],
	}
}

outlook := sprintf(" and no longer served from %s", [api_versions.text(api_versions.entry.removed)]) if {
	api_versions.entry.removed
} else := ""
