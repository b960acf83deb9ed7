# METADATA
# scope: package
# title: API versions are not deprecated
# description: >-
#   A deprecated API version still works in the environment's Kubernetes version and stops to be served
#   in a later one. Moving before that upgrade is a change of one line; during it, it is an outage. API
#   versions of common operators are judged by the versions in the parameter operators; of those that are
#   not named there, what a later version no longer serves is reported.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
# custom:
#   id: api/deprecated-version
#   severity: warning
#   remediation: Move the manifest to the API version that the message names before the cluster is upgraded.
#   parameters:
#     operators:
#       default: {}
#       description: Versions of the operators in the cluster, such as cert-manager 1.18 and flux 2.7, by the names of the table in lib/operator_versions.rego.
#       schema: {type: object, additionalProperties: {type: string}}
#   tags: [api]
package penstock.api.deprecated_version

import data.penstock.lib.api_versions
import data.penstock.lib.operator_versions

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

violation contains v if {
	fault := faults[operator_versions.status]
	v := {
		"msg": sprintf("%s %s %s; %s", [input.apiVersion, input.kind, fault, replacement]),
		"at": input.apiVersion,
		"path": ["apiVersion"],
	}
}

faults := {
	"deprecated": sprintf("is deprecated since %s %s", [row.operator, api_versions.text(row.deprecated)]),
	"unknown": sprintf("is not served by %s %s and later", [row.operator, api_versions.text(row.removed)]),
} if {
	row := operator_versions.entry
}

replacement := sprintf("use %s", [operator_versions.entry.use]) if {
	operator_versions.entry.use != ""
} else := "nothing takes its place"

outlook := sprintf(" and no longer served from %s", [api_versions.text(api_versions.entry.removed)]) if {
	api_versions.entry.removed
} else := ""
