# METADATA
# scope: package
# title: Life cycle of the APIs of operators
# description: >-
#   Since which version of an operator each API version is deprecated, since which it is no longer
#   served, and what takes its place. Each row has the page, or the CustomResourceDefinitions of the
#   release, that say so.
package penstock.lib.operator_versions

import data.penstock.lib.parameters
import data.penstock.lib.versions

# status is what the operator makes of the API version of the object. Which version
# of the operator a cluster runs is known from the parameter operators alone: what
# the manifests install may be older or newer, and often is in another repository.
# Without a version that can be read, the status is "unknown".
status := "unknown" if {
	entry
	not installed
} else := "removed" if {
	entry.removed <= installed
} else := "deprecated" if {
	entry.deprecated <= installed
}

installed := versions.parse(told)

told := parameters.mapping("operators", {})[entry.operator]

# ignorance says why the status is "unknown", as the end of a sentence.
ignorance := sprintf("the parameter operators has no version in %v for %s", [told, entry.operator]) if {
	told
} else := sprintf("the parameter operators does not say which version of %s the cluster has", [entry.operator]) if {
	entry
}

# advice is what to write and where it is said, as the end of a sentence.
advice := sprintf("use %s (%s)", [entry.use, entry.source]) if {
	entry.use != ""
} else := sprintf("nothing takes its place (%s)", [entry.source]) if {
	entry
}

# entry is the row of the table about the object. No two rows of an API version
# name the same kind.
entry := row if {
	some row in lifecycle[input.apiVersion]
	about(row)
}

about(row) if not row.kinds

about(row) if input.kind in row.kinds

# lifecycle has rows by apiVersion; a row without kinds is about all of them. It is
# written out, so that it is a constant and costs nothing for each object. A row
# without "removed" is about an API version that the newest release still serves;
# what no release called deprecated is so since the one that stored a newer version
# or dropped it. "use" is the newest version, which old releases may not serve.
lifecycle := {
	"cert-manager.io/v1alpha2": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "cert-manager.io/v1", "source": "https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/"}],
	"acme.cert-manager.io/v1alpha2": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "acme.cert-manager.io/v1", "source": "https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/"}],
	"cert-manager.io/v1alpha3": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "cert-manager.io/v1", "source": "https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/"}],
	"acme.cert-manager.io/v1alpha3": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "acme.cert-manager.io/v1", "source": "https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/"}],
	"cert-manager.io/v1beta1": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "cert-manager.io/v1", "source": "https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/"}],
	"acme.cert-manager.io/v1beta1": [{"operator": "cert-manager", "deprecated": [1, 4], "removed": [1, 6], "use": "acme.cert-manager.io/v1", "source": "https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/"}],
	"certmanager.k8s.io/v1alpha1": [
		{"operator": "cert-manager", "deprecated": [0, 11], "removed": [0, 11], "use": "cert-manager.io/v1", "source": "https://cert-manager.io/docs/releases/release-notes/release-notes-0.11/", "kinds": ["Certificate", "CertificateRequest", "ClusterIssuer", "Issuer"]},
		{"operator": "cert-manager", "deprecated": [0, 11], "removed": [0, 11], "use": "acme.cert-manager.io/v1", "source": "https://cert-manager.io/docs/releases/release-notes/release-notes-0.11/", "kinds": ["Challenge", "Order"]},
	],
	"external-secrets.io/v1alpha1": [{"operator": "external-secrets", "deprecated": [0, 5], "removed": [0, 16], "use": "external-secrets.io/v1", "source": "https://github.com/external-secrets/external-secrets/tree/v0.16.0/config/crds/bases", "kinds": ["ClusterSecretStore", "ExternalSecret", "SecretStore"]}],
	"external-secrets.io/v1beta1": [{"operator": "external-secrets", "deprecated": [0, 16], "removed": [0, 17], "use": "external-secrets.io/v1", "source": "https://github.com/external-secrets/external-secrets/tree/v0.17.0/config/crds/bases"}],
	"helm.toolkit.fluxcd.io/v2beta1": [{"operator": "flux", "deprecated": [2, 2], "removed": [2, 7], "use": "helm.toolkit.fluxcd.io/v2", "source": "https://fluxcd.io/blog/2025/09/flux-v2.7.0/"}],
	"helm.toolkit.fluxcd.io/v2beta2": [{"operator": "flux", "deprecated": [2, 3], "removed": [2, 8], "use": "helm.toolkit.fluxcd.io/v2", "source": "https://fluxcd.io/blog/2026/02/flux-v2.8.0/"}],
	"image.toolkit.fluxcd.io/v1beta1": [{"operator": "flux", "deprecated": [2, 3], "removed": [2, 7], "use": "image.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2025/09/flux-v2.7.0/"}],
	"image.toolkit.fluxcd.io/v1beta2": [{"operator": "flux", "deprecated": [2, 7], "removed": [2, 9], "use": "image.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2026/06/flux-v2.9.0/"}],
	"kustomize.toolkit.fluxcd.io/v1beta1": [{"operator": "flux", "deprecated": [2, 0], "removed": [2, 7], "use": "kustomize.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2025/09/flux-v2.7.0/"}],
	"kustomize.toolkit.fluxcd.io/v1beta2": [{"operator": "flux", "deprecated": [2, 0], "removed": [2, 8], "use": "kustomize.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2026/02/flux-v2.8.0/"}],
	"notification.toolkit.fluxcd.io/v1beta1": [
		{"operator": "flux", "deprecated": [2, 2], "removed": [2, 7], "use": "notification.toolkit.fluxcd.io/v1beta3", "source": "https://fluxcd.io/blog/2025/09/flux-v2.7.0/", "kinds": ["Alert", "Provider"]},
		{"operator": "flux", "deprecated": [2, 0], "removed": [2, 7], "use": "notification.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2025/09/flux-v2.7.0/", "kinds": ["Receiver"]},
	],
	"notification.toolkit.fluxcd.io/v1beta2": [
		{"operator": "flux", "deprecated": [2, 2], "removed": [2, 9], "use": "notification.toolkit.fluxcd.io/v1beta3", "source": "https://fluxcd.io/blog/2026/06/flux-v2.9.0/", "kinds": ["Alert", "Provider"]},
		{"operator": "flux", "deprecated": [2, 0], "removed": [2, 9], "use": "notification.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2026/06/flux-v2.9.0/", "kinds": ["Receiver"]},
	],
	"source.toolkit.fluxcd.io/v1beta1": [
		{"operator": "flux", "deprecated": [2, 0], "removed": [2, 7], "use": "source.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2025/09/flux-v2.7.0/", "kinds": ["GitRepository"]},
		{"operator": "flux", "deprecated": [2, 3], "removed": [2, 7], "use": "source.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2025/09/flux-v2.7.0/", "kinds": ["Bucket", "HelmChart", "HelmRepository"]},
	],
	"source.toolkit.fluxcd.io/v1beta2": [
		{"operator": "flux", "deprecated": [2, 0], "removed": [2, 8], "use": "source.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2026/02/flux-v2.8.0/", "kinds": ["GitRepository"]},
		{"operator": "flux", "deprecated": [2, 3], "removed": [2, 8], "use": "source.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2026/02/flux-v2.8.0/", "kinds": ["HelmChart", "HelmRepository"]},
		{"operator": "flux", "deprecated": [2, 4], "removed": [2, 8], "use": "source.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2026/02/flux-v2.8.0/", "kinds": ["Bucket"]},
		{"operator": "flux", "deprecated": [2, 6], "removed": [2, 8], "use": "source.toolkit.fluxcd.io/v1", "source": "https://fluxcd.io/blog/2026/02/flux-v2.8.0/", "kinds": ["OCIRepository"]},
	],
	"gateway.networking.k8s.io/v1alpha2": [
		{"operator": "gateway-api", "deprecated": [0, 6], "removed": [0, 8], "use": "gateway.networking.k8s.io/v1", "source": "https://github.com/kubernetes-sigs/gateway-api/blob/main/CHANGELOG/0.x-CHANGELOG.md", "kinds": ["Gateway", "GatewayClass", "HTTPRoute"]},
		{"operator": "gateway-api", "deprecated": [1, 1], "removed": [1, 2], "use": "gateway.networking.k8s.io/v1", "source": "https://github.com/kubernetes-sigs/gateway-api/blob/main/CHANGELOG/1.2-CHANGELOG.md", "kinds": ["GRPCRoute"]},
		{"operator": "gateway-api", "deprecated": [0, 8], "removed": [1, 2], "use": "gateway.networking.k8s.io/v1beta1", "source": "https://github.com/kubernetes-sigs/gateway-api/blob/main/CHANGELOG/1.2-CHANGELOG.md", "kinds": ["ReferenceGrant"]},
		{"operator": "gateway-api", "deprecated": [0, 5], "removed": [0, 6], "use": "gateway.networking.k8s.io/v1beta1 (ReferenceGrant)", "source": "https://github.com/kubernetes-sigs/gateway-api/tree/v0.6.0/config/crd", "kinds": ["ReferencePolicy"]},
		{"operator": "gateway-api", "deprecated": [1, 1], "removed": [1, 1], "use": "gateway.networking.k8s.io/v1", "source": "https://github.com/kubernetes-sigs/gateway-api/tree/v1.1.0/config/crd", "kinds": ["BackendTLSPolicy"]},
		{"operator": "gateway-api", "deprecated": [1, 5], "use": "gateway.networking.k8s.io/v1", "source": "https://github.com/kubernetes-sigs/gateway-api/blob/main/CHANGELOG/1.5-CHANGELOG.md", "kinds": ["TLSRoute"]},
		{"operator": "gateway-api", "deprecated": [1, 6], "use": "gateway.networking.k8s.io/v1", "source": "https://github.com/kubernetes-sigs/gateway-api/tree/v1.6.0/config/crd", "kinds": ["TCPRoute", "UDPRoute"]},
	],
	"gateway.networking.k8s.io/v1alpha3": [
		{"operator": "gateway-api", "deprecated": [1, 4], "use": "gateway.networking.k8s.io/v1", "source": "https://github.com/kubernetes-sigs/gateway-api/tree/v1.4.0/config/crd", "kinds": ["BackendTLSPolicy"]},
		{"operator": "gateway-api", "deprecated": [1, 5], "use": "gateway.networking.k8s.io/v1", "source": "https://github.com/kubernetes-sigs/gateway-api/blob/main/CHANGELOG/1.5-CHANGELOG.md", "kinds": ["TLSRoute"]},
	],
	"gateway.networking.x-k8s.io/v1alpha1": [{"operator": "gateway-api", "deprecated": [1, 5], "removed": [1, 5], "use": "gateway.networking.k8s.io/v1 (ListenerSet)", "source": "https://github.com/kubernetes-sigs/gateway-api/blob/main/CHANGELOG/1.5-CHANGELOG.md", "kinds": ["XListenerSet"]}],
	"networking.x-k8s.io/v1alpha1": [{"operator": "gateway-api", "deprecated": [0, 5], "removed": [0, 5], "use": "gateway.networking.k8s.io/v1", "source": "https://github.com/kubernetes-sigs/gateway-api/tree/v0.5.0/config/crd", "kinds": ["Gateway", "GatewayClass", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"]}],
	"authentication.istio.io/v1alpha1": [{"operator": "istio", "deprecated": [1, 4], "removed": [1, 6], "use": "security.istio.io/v1 (PeerAuthentication, RequestAuthentication)", "source": "https://istio.io/latest/blog/2021/migrate-alpha-policy/"}],
	"rbac.istio.io/v1alpha1": [{"operator": "istio", "deprecated": [1, 4], "removed": [1, 6], "use": "security.istio.io/v1 (AuthorizationPolicy)", "source": "https://istio.io/latest/blog/2021/migrate-alpha-policy/"}],
	"config.istio.io/v1alpha2": [{"operator": "istio", "deprecated": [1, 8], "removed": [1, 8], "use": "", "source": "https://github.com/istio/api/tree/1.8.0/kubernetes"}],
	"apiextensions.crossplane.io/v1alpha1": [
		{"operator": "crossplane", "deprecated": [1, 0], "removed": [1, 0], "use": "apiextensions.crossplane.io/v1", "source": "https://github.com/crossplane/crossplane/tree/v1.0.0/cluster", "kinds": ["CompositeResourceDefinition", "Composition"]},
		{"operator": "crossplane", "deprecated": [2, 0], "removed": [2, 0], "use": "apiextensions.crossplane.io/v1beta1", "source": "https://github.com/crossplane/crossplane/tree/v2.0.0/cluster", "kinds": ["EnvironmentConfig"]},
		{"operator": "crossplane", "deprecated": [2, 0], "use": "protection.crossplane.io/v1beta1 (ClusterUsage, Usage)", "source": "https://github.com/crossplane/crossplane/tree/v2.0.0/cluster", "kinds": ["Usage"]},
	],
	"pkg.crossplane.io/v1alpha1": [
		{"operator": "crossplane", "deprecated": [1, 0], "removed": [1, 0], "use": "pkg.crossplane.io/v1", "source": "https://github.com/crossplane/crossplane/tree/v1.0.0/cluster", "kinds": ["Configuration", "Provider"]},
		{"operator": "crossplane", "deprecated": [1, 11], "removed": [2, 0], "use": "pkg.crossplane.io/v1beta1 (DeploymentRuntimeConfig)", "source": "https://docs.crossplane.io/latest/guides/upgrade-to-crossplane-v2/", "kinds": ["ControllerConfig"]},
	],
	"apiextensions.crossplane.io/v1beta1": [
		{"operator": "crossplane", "deprecated": [1, 6], "removed": [1, 6], "use": "apiextensions.crossplane.io/v1", "source": "https://github.com/crossplane/crossplane/tree/v1.6.0/cluster", "kinds": ["CompositeResourceDefinition", "Composition"]},
		{"operator": "crossplane", "deprecated": [2, 0], "use": "protection.crossplane.io/v1beta1 (ClusterUsage, Usage)", "source": "https://github.com/crossplane/crossplane/tree/v2.0.0/cluster", "kinds": ["Usage"]},
	],
	"pkg.crossplane.io/v1beta1": [{"operator": "crossplane", "deprecated": [1, 6], "removed": [1, 6], "use": "pkg.crossplane.io/v1", "source": "https://github.com/crossplane/crossplane/tree/v1.6.0/cluster", "kinds": ["Configuration", "Provider"]}],
	"apiextensions.crossplane.io/v1": [{"operator": "crossplane", "deprecated": [2, 0], "use": "apiextensions.crossplane.io/v2", "source": "https://github.com/crossplane/crossplane/tree/v2.0.0/cluster", "kinds": ["CompositeResourceDefinition"]}],
	"secrets.crossplane.io/v1alpha1": [{"operator": "crossplane", "deprecated": [2, 0], "removed": [2, 0], "use": "", "source": "https://docs.crossplane.io/latest/guides/upgrade-to-crossplane-v2/", "kinds": ["StoreConfig"]}],
	"keda.k8s.io/v1alpha1": [{"operator": "keda", "deprecated": [2, 0], "removed": [2, 0], "use": "keda.sh/v1alpha1", "source": "https://keda.sh/docs/latest/migration/"}],
	"karpenter.sh/v1alpha5": [{"operator": "karpenter", "deprecated": [0, 33], "removed": [0, 33], "use": "karpenter.sh/v1 (NodePool)", "source": "https://github.com/aws/karpenter-provider-aws/tree/v0.33.0/pkg/apis/crds", "kinds": ["Provisioner"]}],
	"karpenter.k8s.aws/v1alpha1": [{"operator": "karpenter", "deprecated": [0, 33], "removed": [0, 33], "use": "karpenter.k8s.aws/v1 (EC2NodeClass)", "source": "https://github.com/aws/karpenter-provider-aws/tree/v0.33.0/pkg/apis/crds", "kinds": ["AWSNodeTemplate"]}],
	"karpenter.sh/v1beta1": [{"operator": "karpenter", "deprecated": [1, 0], "removed": [1, 1], "use": "karpenter.sh/v1", "source": "https://karpenter.sh/docs/upgrading/upgrade-guide/"}],
	"karpenter.k8s.aws/v1beta1": [{"operator": "karpenter", "deprecated": [1, 0], "removed": [1, 1], "use": "karpenter.k8s.aws/v1", "source": "https://karpenter.sh/docs/upgrading/upgrade-guide/"}],
	"kafka.strimzi.io/v1alpha1": [
		{"operator": "strimzi", "deprecated": [0, 23], "removed": [0, 23], "use": "kafka.strimzi.io/v1", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["Kafka", "KafkaBridge", "KafkaConnect", "KafkaConnector", "KafkaMirrorMaker2", "KafkaRebalance"]},
		{"operator": "strimzi", "deprecated": [0, 23], "removed": [0, 23], "use": "kafka.strimzi.io/v1 (KafkaConnect)", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["KafkaConnectS2I"]},
		{"operator": "strimzi", "deprecated": [0, 23], "removed": [0, 23], "use": "kafka.strimzi.io/v1 (KafkaMirrorMaker2)", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["KafkaMirrorMaker"]},
		{"operator": "strimzi", "deprecated": [0, 49], "removed": [1, 0], "use": "kafka.strimzi.io/v1", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["KafkaTopic", "KafkaUser"]},
	],
	"kafka.strimzi.io/v1beta1": [
		{"operator": "strimzi", "deprecated": [0, 23], "removed": [0, 23], "use": "kafka.strimzi.io/v1", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["Kafka", "KafkaConnect"]},
		{"operator": "strimzi", "deprecated": [0, 23], "removed": [0, 23], "use": "kafka.strimzi.io/v1 (KafkaConnect)", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["KafkaConnectS2I"]},
		{"operator": "strimzi", "deprecated": [0, 23], "removed": [0, 23], "use": "kafka.strimzi.io/v1 (KafkaMirrorMaker2)", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["KafkaMirrorMaker"]},
		{"operator": "strimzi", "deprecated": [0, 49], "removed": [1, 0], "use": "kafka.strimzi.io/v1", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["KafkaTopic", "KafkaUser"]},
	],
	"kafka.strimzi.io/v1beta2": [
		{"operator": "strimzi", "deprecated": [0, 49], "removed": [1, 0], "use": "kafka.strimzi.io/v1", "source": "https://github.com/strimzi/strimzi-kafka-operator/blob/main/CHANGELOG.md", "kinds": ["Kafka", "KafkaBridge", "KafkaConnect", "KafkaConnector", "KafkaMirrorMaker2", "KafkaNodePool", "KafkaRebalance", "KafkaTopic", "KafkaUser"]},
		{"operator": "strimzi", "deprecated": [0, 25], "removed": [0, 25], "use": "kafka.strimzi.io/v1 (KafkaConnect)", "source": "https://github.com/strimzi/strimzi-kafka-operator/tree/0.25.0/packaging/install/cluster-operator", "kinds": ["KafkaConnectS2I"]},
		{"operator": "strimzi", "deprecated": [0, 46], "removed": [0, 46], "use": "kafka.strimzi.io/v1 (KafkaMirrorMaker2)", "source": "https://github.com/strimzi/strimzi-kafka-operator/tree/0.46.0/packaging/install/cluster-operator", "kinds": ["KafkaMirrorMaker"]},
	],
	"traefik.containo.us/v1alpha1": [{"operator": "traefik", "deprecated": [2, 10], "removed": [3, 0], "use": "traefik.io/v1alpha1", "source": "https://doc.traefik.io/traefik/migrate/v2-to-v3-details/"}],
	"kyverno.io/v2alpha1": [
		{"operator": "kyverno", "deprecated": [1, 11], "removed": [1, 12], "use": "kyverno.io/v2", "source": "https://github.com/kyverno/kyverno/tree/v1.12.0/config/crds", "kinds": ["CleanupPolicy", "ClusterCleanupPolicy", "PolicyException"]},
		{"operator": "kyverno", "deprecated": [1, 17], "use": "kyverno.io/v2", "source": "https://github.com/kyverno/kyverno/tree/v1.17.0/config/crds", "kinds": ["GlobalContextEntry"]},
	],
	"kyverno.io/v2beta1": [{"operator": "kyverno", "deprecated": [1, 13], "use": "kyverno.io/v2", "source": "https://github.com/kyverno/kyverno/tree/v1.13.0/config/crds", "kinds": ["CleanupPolicy", "ClusterCleanupPolicy", "PolicyException"]}],
	"policies.kyverno.io/v1alpha1": [{"operator": "kyverno", "deprecated": [1, 17], "use": "policies.kyverno.io/v1", "source": "https://github.com/kyverno/kyverno/tree/v1.17.0/config/crds"}],
	"longhorn.io/v1beta1": [{"operator": "longhorn", "deprecated": [1, 9], "removed": [1, 9], "use": "longhorn.io/v1beta2", "source": "https://github.com/longhorn/longhorn-manager/tree/v1.9.0/k8s"}],
	"longhorn.rancher.io/v1alpha1": [{"operator": "longhorn", "deprecated": [1, 3], "removed": [1, 3], "use": "longhorn.io/v1beta2", "source": "https://github.com/longhorn/longhorn-manager/tree/v1.3.0/k8s"}],
	"serving.knative.dev/v1alpha1": [
		{"operator": "knative-serving", "deprecated": [0, 19], "removed": [0, 19], "use": "serving.knative.dev/v1", "source": "https://github.com/knative/serving/tree/v0.19.0/config/core/300-resources", "kinds": ["Configuration", "Revision", "Route", "Service"]},
		{"operator": "knative-serving", "deprecated": [1, 11], "removed": [1, 12], "use": "serving.knative.dev/v1beta1", "source": "https://github.com/knative/serving/tree/knative-v1.12.0/config/core/300-resources", "kinds": ["DomainMapping"]},
	],
	"serving.knative.dev/v1beta1": [{"operator": "knative-serving", "deprecated": [0, 19], "removed": [0, 19], "use": "serving.knative.dev/v1", "source": "https://github.com/knative/serving/tree/v0.19.0/config/core/300-resources", "kinds": ["Configuration", "Revision", "Route", "Service"]}],
	"metallb.io/v1alpha1": [{"operator": "metallb", "deprecated": [0, 13], "removed": [0, 14], "use": "metallb.io/v1beta1 (IPAddressPool)", "source": "https://metallb.io/release-notes/", "kinds": ["AddressPool"]}],
	"metallb.io/v1beta1": [
		{"operator": "metallb", "deprecated": [0, 13], "removed": [0, 14], "use": "metallb.io/v1beta1 (IPAddressPool)", "source": "https://metallb.io/release-notes/", "kinds": ["AddressPool"]},
		{"operator": "metallb", "deprecated": [0, 14], "use": "metallb.io/v1beta2", "source": "https://metallb.io/release-notes/", "kinds": ["BGPPeer"]},
	],
	"opentelemetry.io/v1alpha1": [{"operator": "opentelemetry", "deprecated": [0, 99], "use": "opentelemetry.io/v1beta1", "source": "https://github.com/open-telemetry/opentelemetry-operator/tree/v0.99.0/config/crd/bases", "kinds": ["OpenTelemetryCollector"]}],
	"snapshot.storage.k8s.io/v1beta1": [{"operator": "external-snapshotter", "deprecated": [4, 1], "removed": [6, 0], "use": "snapshot.storage.k8s.io/v1", "source": "https://github.com/kubernetes-csi/external-snapshotter/blob/master/CHANGELOG/CHANGELOG-6.0.md"}],
	"groupsnapshot.storage.k8s.io/v1alpha1": [{"operator": "external-snapshotter", "deprecated": [8, 2], "removed": [8, 2], "use": "groupsnapshot.storage.k8s.io/v1", "source": "https://github.com/kubernetes-csi/external-snapshotter/blob/master/CHANGELOG/CHANGELOG-8.2.md"}],
	"groupsnapshot.storage.k8s.io/v1beta1": [{"operator": "external-snapshotter", "deprecated": [8, 4], "use": "groupsnapshot.storage.k8s.io/v1", "source": "https://github.com/kubernetes-csi/external-snapshotter/blob/master/CHANGELOG/CHANGELOG-8.4.md"}],
	"tekton.dev/v1alpha1": [
		{"operator": "tekton", "deprecated": [0, 39], "removed": [0, 39], "use": "tekton.dev/v1", "source": "https://github.com/tektoncd/pipeline/tree/v0.39.0/config", "kinds": ["Pipeline", "PipelineRun", "Task", "TaskRun"]},
		{"operator": "tekton", "deprecated": [0, 39], "removed": [0, 39], "use": "tekton.dev/v1 (Task)", "source": "https://github.com/tektoncd/pipeline/tree/v0.39.0/config", "kinds": ["ClusterTask"]},
		{"operator": "tekton", "deprecated": [0, 37], "removed": [0, 37], "use": "", "source": "https://github.com/tektoncd/pipeline/tree/v0.37.0/config", "kinds": ["Condition"]},
		{"operator": "tekton", "deprecated": [0, 46], "removed": [0, 46], "use": "", "source": "https://github.com/tektoncd/pipeline/tree/v0.46.0/config", "kinds": ["PipelineResource"]},
		{"operator": "tekton", "deprecated": [0, 47], "removed": [0, 47], "use": "tekton.dev/v1beta1 (CustomRun)", "source": "https://github.com/tektoncd/pipeline/tree/v0.47.0/config", "kinds": ["Run"]},
	],
	"tekton.dev/v1beta1": [{"operator": "tekton", "deprecated": [1, 0], "removed": [1, 0], "use": "tekton.dev/v1 (Task)", "source": "https://github.com/tektoncd/pipeline/tree/v1.0.0/config", "kinds": ["ClusterTask"]}],
	"addons.cluster.x-k8s.io/v1alpha3": [{"operator": "cluster-api", "deprecated": [1, 5], "removed": [1, 5], "use": "addons.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.5.0"}],
	"addons.cluster.x-k8s.io/v1alpha4": [{"operator": "cluster-api", "deprecated": [1, 5], "removed": [1, 6], "use": "addons.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.6.0"}],
	"addons.cluster.x-k8s.io/v1beta1": [{"operator": "cluster-api", "deprecated": [1, 11], "use": "addons.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.11.0"}],
	"bootstrap.cluster.x-k8s.io/v1alpha3": [{"operator": "cluster-api", "deprecated": [1, 5], "removed": [1, 5], "use": "bootstrap.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.5.0"}],
	"bootstrap.cluster.x-k8s.io/v1alpha4": [{"operator": "cluster-api", "deprecated": [1, 5], "removed": [1, 6], "use": "bootstrap.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.6.0"}],
	"bootstrap.cluster.x-k8s.io/v1beta1": [{"operator": "cluster-api", "deprecated": [1, 11], "use": "bootstrap.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.11.0"}],
	"controlplane.cluster.x-k8s.io/v1alpha3": [{"operator": "cluster-api", "deprecated": [1, 5], "removed": [1, 5], "use": "controlplane.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.5.0"}],
	"controlplane.cluster.x-k8s.io/v1alpha4": [{"operator": "cluster-api", "deprecated": [1, 5], "removed": [1, 6], "use": "controlplane.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.6.0"}],
	"controlplane.cluster.x-k8s.io/v1beta1": [{"operator": "cluster-api", "deprecated": [1, 11], "use": "controlplane.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.11.0"}],
	"cluster.x-k8s.io/v1alpha3": [{"operator": "cluster-api", "deprecated": [1, 5], "removed": [1, 5], "use": "cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.5.0"}],
	"cluster.x-k8s.io/v1alpha4": [{"operator": "cluster-api", "deprecated": [1, 5], "removed": [1, 6], "use": "cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.6.0"}],
	"cluster.x-k8s.io/v1beta1": [{"operator": "cluster-api", "deprecated": [1, 11], "use": "cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.11.0"}],
	"ipam.cluster.x-k8s.io/v1beta1": [{"operator": "cluster-api", "deprecated": [1, 11], "use": "ipam.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.11.0"}],
	"runtime.cluster.x-k8s.io/v1alpha1": [{"operator": "cluster-api", "deprecated": [1, 11], "use": "runtime.cluster.x-k8s.io/v1beta2", "source": "https://github.com/kubernetes-sigs/cluster-api/tree/v1.11.0"}],
	"secrets-store.csi.x-k8s.io/v1alpha1": [{"operator": "secrets-store-csi-driver", "deprecated": [1, 1], "use": "secrets-store.csi.x-k8s.io/v1", "source": "https://github.com/kubernetes-sigs/secrets-store-csi-driver/tree/v1.1.0/config/crd/bases", "kinds": ["SecretProviderClass"]}],
	"externaldata.gatekeeper.sh/v1alpha1": [{"operator": "gatekeeper", "deprecated": [3, 11], "use": "externaldata.gatekeeper.sh/v1beta1", "source": "https://github.com/open-policy-agent/gatekeeper/tree/v3.11.0/config/crd/bases", "kinds": ["Provider"]}],
	"cilium.io/v2alpha1": [
		{"operator": "cilium", "deprecated": [1, 18], "removed": [1, 19], "use": "cilium.io/v2 (CiliumBGPClusterConfig)", "source": "https://docs.cilium.io/en/v1.19/operations/upgrade/", "kinds": ["CiliumBGPPeeringPolicy"]},
		{"operator": "cilium", "deprecated": [1, 18], "use": "cilium.io/v2", "source": "https://docs.cilium.io/en/v1.18/operations/upgrade/", "kinds": ["CiliumBGPAdvertisement", "CiliumBGPClusterConfig", "CiliumBGPNodeConfig", "CiliumBGPNodeConfigOverride", "CiliumBGPPeerConfig", "CiliumCIDRGroup"]},
		{"operator": "cilium", "deprecated": [1, 19], "use": "cilium.io/v2", "source": "https://docs.cilium.io/en/v1.19/operations/upgrade/", "kinds": ["CiliumLoadBalancerIPPool"]},
		{"operator": "cilium", "deprecated": [1, 16], "removed": [1, 20], "use": "cilium.io/v2", "source": "https://github.com/cilium/cilium/tree/v1.20.0/pkg/k8s/apis/cilium.io/client/crds", "kinds": ["CiliumNodeConfig"]},
		{"operator": "cilium", "deprecated": [1, 12], "removed": [1, 13], "use": "cilium.io/v2 (CiliumEgressGatewayPolicy)", "source": "https://docs.cilium.io/en/v1.13/operations/upgrade/", "kinds": ["CiliumEgressNATPolicy"]},
	],
	"cilium.io/v2": [{"operator": "cilium", "deprecated": [1, 17], "removed": [1, 18], "use": "", "source": "https://docs.cilium.io/en/v1.18/operations/upgrade/", "kinds": ["CiliumExternalWorkload"]}],
	"monitoring.coreos.com/v1alpha1": [{"operator": "prometheus-operator", "deprecated": [0, 12], "removed": [0, 12], "use": "monitoring.coreos.com/v1", "source": "https://github.com/prometheus-operator/prometheus-operator/blob/v0.12.0/CHANGELOG.md", "kinds": ["Alertmanager", "Prometheus", "ServiceMonitor"]}],
	"ark.heptio.com/v1": [
		{"operator": "velero", "deprecated": [0, 11], "removed": [0, 11], "use": "velero.io/v1", "source": "https://github.com/vmware-tanzu/velero/blob/v0.11.0/docs/migrating-to-velero.md", "kinds": ["Backup", "BackupStorageLocation", "DeleteBackupRequest", "DownloadRequest", "PodVolumeBackup", "PodVolumeRestore", "Restore", "Schedule", "VolumeSnapshotLocation"]},
		{"operator": "velero", "deprecated": [0, 11], "removed": [0, 11], "use": "velero.io/v1 (BackupRepository)", "source": "https://github.com/vmware-tanzu/velero/blob/v0.11.0/docs/migrating-to-velero.md", "kinds": ["ResticRepository"]},
		{"operator": "velero", "deprecated": [0, 10], "removed": [0, 10], "use": "velero.io/v1 (BackupStorageLocation, VolumeSnapshotLocation)", "source": "https://github.com/vmware-tanzu/velero/blob/v0.10.0/changelogs/CHANGELOG-0.10.md", "kinds": ["Config"]},
	],
	"velero.io/v1": [{"operator": "velero", "deprecated": [1, 10], "removed": [1, 10], "use": "velero.io/v1 (BackupRepository)", "source": "https://github.com/vmware-tanzu/velero/blob/v1.10.0/changelogs/CHANGELOG-1.10.md", "kinds": ["ResticRepository"]}],
	"autoscaling.k8s.io/v1beta1": [{"operator": "vertical-pod-autoscaler", "deprecated": [0, 4], "removed": [0, 7], "use": "autoscaling.k8s.io/v1", "source": "https://github.com/kubernetes/autoscaler/blob/vertical-pod-autoscaler-0.7.0/vertical-pod-autoscaler/deploy/vpa-v1-crd.yaml"}],
	"autoscaling.k8s.io/v1beta2": [
		{"operator": "vertical-pod-autoscaler", "deprecated": [0, 13], "removed": [1, 3], "use": "autoscaling.k8s.io/v1", "source": "https://github.com/kubernetes/autoscaler/blob/vertical-pod-autoscaler-1.3.0/vertical-pod-autoscaler/deploy/vpa-v1-crd-gen.yaml", "kinds": ["VerticalPodAutoscaler"]},
		{"operator": "vertical-pod-autoscaler", "deprecated": [0, 10], "removed": [1, 3], "use": "autoscaling.k8s.io/v1", "source": "https://github.com/kubernetes/autoscaler/blob/vertical-pod-autoscaler-1.3.0/vertical-pod-autoscaler/deploy/vpa-v1-crd-gen.yaml", "kinds": ["VerticalPodAutoscalerCheckpoint"]},
	],
	"poc.autoscaling.k8s.io/v1alpha1": [{"operator": "vertical-pod-autoscaler", "deprecated": [0, 3], "removed": [0, 4], "use": "autoscaling.k8s.io/v1", "source": "https://github.com/kubernetes/autoscaler/blob/vertical-pod-autoscaler-0.4.0/vertical-pod-autoscaler/hack/vpa-process-yamls.sh"}],
}
