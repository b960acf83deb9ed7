# METADATA
# scope: package
# title: Life cycle of the APIs of operators
# description: >-
#   Since which version of an operator each API version is deprecated, since which it is no longer
#   served, and what takes its place, as far as the release notes of the operators say so.
package penstock.lib.operator_versions

import data.penstock.lib.parameters
import data.penstock.lib.versions

# status is what the operator makes of the API version of the object. Which version
# of the operator a cluster runs is known from the parameter operators; without it
# the status of what is gone from a later version is "unknown".
status := "unknown" if {
	entry
	not installed
} else := "removed" if {
	entry.removed <= installed
} else := "deprecated" if {
	entry.deprecated <= installed
}

installed := versions.parse(parameters.mapping("operators", {})[entry.operator])

# entry is the row of the table about the object. No two rows of an API version
# name the same kind.
entry := row if {
	some row in lifecycle[input.apiVersion]
	about(row)
}

about(row) if not row.kinds

about(row) if input.kind in row.kinds

# lifecycle has rows by apiVersion; a row without kinds is about all of them. It is
# written out, so that it is a constant and costs nothing for each object.
lifecycle := {
	# https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/
	"cert-manager.io/v1alpha2": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "cert-manager.io/v1"}],
	"cert-manager.io/v1alpha3": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "cert-manager.io/v1"}],
	"cert-manager.io/v1beta1": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "cert-manager.io/v1"}],
	"acme.cert-manager.io/v1alpha2": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "acme.cert-manager.io/v1"}],
	"acme.cert-manager.io/v1alpha3": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "acme.cert-manager.io/v1"}],
	"acme.cert-manager.io/v1beta1": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "acme.cert-manager.io/v1"}],
	"certmanager.k8s.io/v1alpha1": [{"operator": "cert-manager", "deprecated": [0, 11], "removed": [0, 11], "use": "cert-manager.io/v1"}],
	# https://github.com/external-secrets/external-secrets/releases: v0.5.0, v0.16.0, v0.17.0
	"external-secrets.io/v1alpha1": [{"operator": "external-secrets", "deprecated": [0, 5], "removed": [0, 16], "use": "external-secrets.io/v1", "kinds": ["ClusterExternalSecret", "ClusterSecretStore", "ExternalSecret", "SecretStore"]}],
	"external-secrets.io/v1beta1": [{"operator": "external-secrets", "deprecated": [0, 16], "removed": [0, 17], "use": "external-secrets.io/v1"}],
	# https://fluxcd.io/blog/2025/09/flux-v2.7.0/ and https://fluxcd.io/blog/2026/02/flux-v2.8.0/
	"helm.toolkit.fluxcd.io/v2beta1": [{"operator": "flux", "deprecated": [2, 3], "removed": [2, 7], "use": "helm.toolkit.fluxcd.io/v2"}],
	"helm.toolkit.fluxcd.io/v2beta2": [{"operator": "flux", "deprecated": [2, 3], "removed": [2, 8], "use": "helm.toolkit.fluxcd.io/v2"}],
	"image.toolkit.fluxcd.io/v1beta1": [{"operator": "flux", "deprecated": [2, 0], "removed": [2, 7], "use": "image.toolkit.fluxcd.io/v1"}],
	"kustomize.toolkit.fluxcd.io/v1beta1": [{"operator": "flux", "deprecated": [2, 0], "removed": [2, 7], "use": "kustomize.toolkit.fluxcd.io/v1"}],
	"kustomize.toolkit.fluxcd.io/v1beta2": [{"operator": "flux", "deprecated": [2, 0], "removed": [2, 8], "use": "kustomize.toolkit.fluxcd.io/v1"}],
	"notification.toolkit.fluxcd.io/v1beta1": [{"operator": "flux", "deprecated": [2, 0], "removed": [2, 7], "use": "notification.toolkit.fluxcd.io/v1beta3"}],
	"notification.toolkit.fluxcd.io/v1beta2": [{"operator": "flux", "deprecated": [2, 1], "removed": [2, 8], "use": "notification.toolkit.fluxcd.io/v1beta3"}],
	"source.toolkit.fluxcd.io/v1beta1": [{"operator": "flux", "deprecated": [2, 0], "removed": [2, 7], "use": "source.toolkit.fluxcd.io/v1"}],
	"source.toolkit.fluxcd.io/v1beta2": [{"operator": "flux", "deprecated": [2, 3], "removed": [2, 8], "use": "source.toolkit.fluxcd.io/v1"}],
	# https://github.com/kubernetes-sigs/gateway-api/releases: v0.5.0, v0.6.0, v1.0.0, v1.2.0
	"gateway.networking.k8s.io/v1alpha2": [
		{"operator": "gateway-api", "deprecated": [0, 5], "removed": [1, 0], "use": "gateway.networking.k8s.io/v1", "kinds": ["Gateway", "GatewayClass", "HTTPRoute"]},
		{"operator": "gateway-api", "deprecated": [1, 1], "removed": [1, 2], "use": "gateway.networking.k8s.io/v1", "kinds": ["GRPCRoute"]},
		{"operator": "gateway-api", "deprecated": [0, 6], "removed": [1, 2], "use": "gateway.networking.k8s.io/v1beta1", "kinds": ["ReferenceGrant"]},
		{"operator": "gateway-api", "deprecated": [0, 5], "removed": [0, 6], "use": "gateway.networking.k8s.io/v1beta1 (ReferenceGrant)", "kinds": ["ReferencePolicy"]},
	],
	# https://istio.io/latest/news/releases/: upgrade notes of 1.6 and 1.8
	"authentication.istio.io/v1alpha1": [{"operator": "istio", "deprecated": [1, 5], "removed": [1, 6], "use": "security.istio.io/v1 (PeerAuthentication, RequestAuthentication)"}],
	"rbac.istio.io/v1alpha1": [{"operator": "istio", "deprecated": [1, 4], "removed": [1, 6], "use": "security.istio.io/v1 (AuthorizationPolicy)"}],
	"config.istio.io/v1alpha2": [{"operator": "istio", "deprecated": [1, 5], "removed": [1, 8], "use": "telemetry.istio.io/v1"}],
	# https://docs.crossplane.io/latest/guides/upgrade-to-crossplane-v2/
	"pkg.crossplane.io/v1alpha1": [{"operator": "crossplane", "deprecated": [1, 11], "removed": [2, 0], "use": "pkg.crossplane.io/v1beta1 (DeploymentRuntimeConfig)", "kinds": ["ControllerConfig"]}],
	"secrets.crossplane.io/v1alpha1": [{"operator": "crossplane", "deprecated": [2, 0], "removed": [2, 0], "use": "", "kinds": ["StoreConfig"]}],
	# https://keda.sh/docs/latest/migration/
	"keda.k8s.io/v1alpha1": [{"operator": "keda", "deprecated": [2, 0], "removed": [2, 0], "use": "keda.sh/v1alpha1"}],
	# https://karpenter.sh/docs/upgrading/upgrade-guide/
	"karpenter.sh/v1alpha5": [{"operator": "karpenter", "deprecated": [0, 32], "removed": [0, 33], "use": "karpenter.sh/v1 (NodePool)"}],
	"karpenter.k8s.aws/v1alpha1": [{"operator": "karpenter", "deprecated": [0, 32], "removed": [0, 33], "use": "karpenter.k8s.aws/v1 (EC2NodeClass)"}],
	"karpenter.sh/v1beta1": [{"operator": "karpenter", "deprecated": [1, 0], "removed": [1, 1], "use": "karpenter.sh/v1"}],
	"karpenter.k8s.aws/v1beta1": [{"operator": "karpenter", "deprecated": [1, 0], "removed": [1, 1], "use": "karpenter.k8s.aws/v1"}],
	# https://strimzi.io/docs/operators/0.22.1/deploying.html
	"kafka.strimzi.io/v1alpha1": [{"operator": "strimzi", "deprecated": [0, 22], "removed": [0, 23], "use": "kafka.strimzi.io/v1beta2", "kinds": ["Kafka", "KafkaBridge", "KafkaConnect", "KafkaConnector", "KafkaMirrorMaker", "KafkaMirrorMaker2", "KafkaRebalance"]}],
	"kafka.strimzi.io/v1beta1": [{"operator": "strimzi", "deprecated": [0, 22], "removed": [0, 23], "use": "kafka.strimzi.io/v1beta2", "kinds": ["Kafka", "KafkaBridge", "KafkaConnect", "KafkaConnector", "KafkaMirrorMaker", "KafkaMirrorMaker2", "KafkaRebalance"]}],
	# https://doc.traefik.io/traefik/migrate/v2-to-v3/
	"traefik.containo.us/v1alpha1": [{"operator": "traefik", "deprecated": [2, 10], "removed": [3, 0], "use": "traefik.io/v1alpha1"}],
}
