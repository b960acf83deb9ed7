# METADATA
# scope: package
# title: API versions are served by the cluster
# description: >-
#   Kubernetes stops to serve an API version some releases after its successor. The API server of the
#   environment then knows no such kind: the object cannot be applied, and the deployment of everything
#   beside it stops. API versions of operators are judged where the parameter operators says which
#   version the cluster has; where it does not, the rule api/deprecated-version says so.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
# custom:
#   id: api/removed-version
#   severity: error
#   remediation: Move the manifest to the API version that the message names; fields may have changed, see the migration guide.
#   parameters:
#     operators:
#       default: {}
#       description: "Versions of the operators in the cluster, such as cert-manager: '1.18'. Known are cert-manager, cilium, cluster-api, crossplane, external-secrets, external-snapshotter, flux, gatekeeper, gateway-api, istio, karpenter, keda, knative-serving, kyverno, longhorn, metallb, opentelemetry, prometheus-operator, secrets-store-csi-driver, strimzi, tekton, traefik, velero, vertical-pod-autoscaler."
#       schema: {type: object, additionalProperties: {type: string}}
#   tags: [api]
package penstock.api.removed_version

import data.penstock.lib.api_versions
import data.penstock.lib.operator_versions

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

violation contains v if {
	operator_versions.status == "removed"
	row := operator_versions.entry
	v := {
		"msg": sprintf("%s %s is no longer served since %s %s; %s", [
			input.apiVersion,
			input.kind,
			row.operator,
			api_versions.text(row.removed),
			operator_versions.advice,
		]),
		"at": input.apiVersion,
		"path": ["apiVersion"],
	}
}
