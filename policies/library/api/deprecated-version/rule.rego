# METADATA
# scope: package
# title: API versions are not deprecated
# description: >-
#   A deprecated API version still works in the environment's Kubernetes version and stops to be served
#   in a later one. Moving before that upgrade is a change of one line; during it, it is an outage. API
#   versions of common operators are judged by the versions in the parameter operators alone, not by
#   images or charts. Where it has no version of an operator, each API version that some version of it
#   deprecates or no longer serves is reported, and that the version of the operator is not known.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
# custom:
#   id: api/deprecated-version
#   severity: warning
#   remediation: Move the manifest to the API version that the message names before the cluster is upgraded.
#   parameters:
#     operators:
#       default: {}
#       description: "Versions of the operators in the cluster, such as cert-manager: '1.18'. Known are cert-manager, cilium, cluster-api, crossplane, external-secrets, external-snapshotter, flux, gatekeeper, gateway-api, istio, karpenter, keda, knative-serving, kyverno, longhorn, metallb, opentelemetry, prometheus-operator, secrets-store-csi-driver, strimzi, tekton, traefik, velero, vertical-pod-autoscaler."
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
		"msg": sprintf("%s %s %s; %s", [input.apiVersion, input.kind, fault, operator_versions.advice]),
		"at": input.apiVersion,
		"path": ["apiVersion"],
	}
}

faults := {
	"deprecated": sprintf("is deprecated since %s %s%s", [row.operator, api_versions.text(row.deprecated), operator_outlook]),
	"unknown": sprintf("is %s, and %s", [doubt, operator_versions.ignorance]),
} if {
	row := operator_versions.entry
}

# doubt is what is true of the API version in some version of the operator.
doubt := sprintf("not served by %s %s and later", [row.operator, api_versions.text(row.removed)]) if {
	row := operator_versions.entry
	row.removed
} else := sprintf("deprecated since %s %s", [row.operator, api_versions.text(row.deprecated)]) if {
	row := operator_versions.entry
}

operator_outlook := sprintf(" and no longer served from %s", [api_versions.text(operator_versions.entry.removed)]) if {
	operator_versions.entry.removed
} else := ""

outlook := sprintf(" and no longer served from %s", [api_versions.text(api_versions.entry.removed)]) if {
	api_versions.entry.removed
} else := ""
