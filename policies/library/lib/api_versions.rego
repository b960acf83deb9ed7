# METADATA
# scope: package
# title: Life cycle of the APIs of Kubernetes
# description: >-
#   Since which Kubernetes version each built-in API version is deprecated, since which it is no longer
#   served, and what takes its place.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
package penstock.lib.api_versions

import data.penstock.lib.versions

# status is what the Kubernetes version of the environment makes of the API
# version of the object. An unreadable version counts as the newest, so that
# nothing that is gone somewhere passes as served.
status := "removed" if {
	entry.removed <= versions.environment
} else := "deprecated" if {
	entry.deprecated <= versions.environment
}

# entry is the line of the table about the object.
entry := lifecycle[concat("/", [input.apiVersion, input.kind])] if {
	is_string(input.apiVersion)
	is_string(input.kind)
}

# replacement is what to write, as the end of a sentence.
replacement := sprintf("use %s", [entry.use]) if {
	entry.use != ""
} else := "its successor is not known yet" if {
	entry.removed > newest
} else := "nothing takes its place" if {
	entry
}

# newest is the Kubernetes version that the table knows in full.
newest := [1, 36]

# text is a version as people write it.
text(version) := sprintf("%d.%d", version)

# lifecycle has a key apiVersion/Kind. Versions are [major, minor], which
# compare as numbers. An API version without "removed" is deprecated with no end.
# The dates are those that the types declare in k8s.io/api, which a test compares.
# A row with "source" is about a type that declares none there: the release of
# k8s.io/api that declared it last or has it no more, the change log of Kubernetes
# or the deprecation guide. What was dropped unannounced was deprecated that day.
lifecycle := {
	"admissionregistration.k8s.io/v1alpha1/MutatingAdmissionPolicy": {"deprecated": [1, 35], "removed": [1, 38], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1alpha1/MutatingAdmissionPolicyBinding": {"deprecated": [1, 35], "removed": [1, 38], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1alpha1/ValidatingAdmissionPolicy": {"deprecated": [1, 29], "removed": [1, 32], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1alpha1/ValidatingAdmissionPolicyBinding": {"deprecated": [1, 29], "removed": [1, 32], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy": {"deprecated": [1, 37], "removed": [1, 40], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyBinding": {"deprecated": [1, 37], "removed": [1, 40], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1beta1/MutatingWebhookConfiguration": {"deprecated": [1, 16], "removed": [1, 22], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicy": {"deprecated": [1, 31], "removed": [1, 34], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicyBinding": {"deprecated": [1, 31], "removed": [1, 34], "use": "admissionregistration.k8s.io/v1"},
	"admissionregistration.k8s.io/v1beta1/ValidatingWebhookConfiguration": {"deprecated": [1, 16], "removed": [1, 22], "use": "admissionregistration.k8s.io/v1"},
	"apiextensions.k8s.io/v1beta1/CustomResourceDefinition": {"deprecated": [1, 16], "removed": [1, 22], "use": "apiextensions.k8s.io/v1", "source": "deprecation guide"},
	"apiregistration.k8s.io/v1beta1/APIService": {"deprecated": [1, 19], "removed": [1, 22], "use": "apiregistration.k8s.io/v1", "source": "deprecation guide"},
	"apps/v1beta1/ControllerRevision": {"deprecated": [1, 8], "removed": [1, 16], "use": "apps/v1"},
	"apps/v1beta1/Deployment": {"deprecated": [1, 8], "removed": [1, 16], "use": "apps/v1"},
	"apps/v1beta1/ReplicaSet": {"deprecated": [1, 8], "removed": [1, 16], "use": "apps/v1", "source": "deprecation guide"},
	"apps/v1beta1/StatefulSet": {"deprecated": [1, 8], "removed": [1, 16], "use": "apps/v1"},
	"apps/v1beta2/ControllerRevision": {"deprecated": [1, 9], "removed": [1, 16], "use": "apps/v1"},
	"apps/v1beta2/DaemonSet": {"deprecated": [1, 9], "removed": [1, 16], "use": "apps/v1"},
	"apps/v1beta2/Deployment": {"deprecated": [1, 9], "removed": [1, 16], "use": "apps/v1"},
	"apps/v1beta2/ReplicaSet": {"deprecated": [1, 9], "removed": [1, 16], "use": "apps/v1"},
	"apps/v1beta2/StatefulSet": {"deprecated": [1, 9], "removed": [1, 16], "use": "apps/v1"},
	"auditregistration.k8s.io/v1alpha1/AuditSink": {"deprecated": [1, 19], "removed": [1, 19], "use": "", "source": "k8s.io/api v0.19.0"},
	"authentication.k8s.io/v1alpha1/SelfSubjectReview": {"deprecated": [1, 29], "removed": [1, 32], "use": "authentication.k8s.io/v1"},
	"authentication.k8s.io/v1beta1/SelfSubjectReview": {"deprecated": [1, 30], "removed": [1, 33], "use": "authentication.k8s.io/v1"},
	"authentication.k8s.io/v1beta1/TokenReview": {"deprecated": [1, 19], "removed": [1, 22], "use": "authentication.k8s.io/v1"},
	"authorization.k8s.io/v1beta1/LocalSubjectAccessReview": {"deprecated": [1, 19], "removed": [1, 22], "use": "authorization.k8s.io/v1"},
	"authorization.k8s.io/v1beta1/SelfSubjectAccessReview": {"deprecated": [1, 19], "removed": [1, 22], "use": "authorization.k8s.io/v1"},
	"authorization.k8s.io/v1beta1/SelfSubjectRulesReview": {"deprecated": [1, 19], "removed": [1, 22], "use": "authorization.k8s.io/v1"},
	"authorization.k8s.io/v1beta1/SubjectAccessReview": {"deprecated": [1, 19], "removed": [1, 22], "use": "authorization.k8s.io/v1"},
	"autoscaling/v2beta1/HorizontalPodAutoscaler": {"deprecated": [1, 22], "removed": [1, 25], "use": "autoscaling/v2", "source": "k8s.io/api v0.35.0"},
	"autoscaling/v2beta2/HorizontalPodAutoscaler": {"deprecated": [1, 23], "removed": [1, 26], "use": "autoscaling/v2", "source": "k8s.io/api v0.35.0"},
	"batch/v1beta1/CronJob": {"deprecated": [1, 21], "removed": [1, 25], "use": "batch/v1"},
	"batch/v2alpha1/CronJob": {"deprecated": [1, 21], "removed": [1, 21], "use": "batch/v1", "source": "k8s.io/api v0.21.0"},
	"certificates.k8s.io/v1alpha1/ClusterTrustBundle": {"deprecated": [1, 34], "removed": [1, 37], "use": "certificates.k8s.io/v1beta1"},
	"certificates.k8s.io/v1alpha1/PodCertificateRequest": {"deprecated": [1, 35], "removed": [1, 35], "use": "certificates.k8s.io/v1beta1", "source": "k8s.io/api v0.35.0"},
	"certificates.k8s.io/v1beta1/CertificateSigningRequest": {"deprecated": [1, 19], "removed": [1, 22], "use": "certificates.k8s.io/v1"},
	"certificates.k8s.io/v1beta1/ClusterTrustBundle": {"deprecated": [1, 37], "removed": [1, 40], "use": ""},
	"certificates.k8s.io/v1beta1/PodCertificateRequest": {"deprecated": [1, 38], "removed": [1, 41], "use": ""},
	"coordination.k8s.io/v1alpha1/LeaseCandidate": {"deprecated": [1, 32], "removed": [1, 32], "use": "coordination.k8s.io/v1beta1", "source": "k8s.io/api v0.32.0"},
	"coordination.k8s.io/v1alpha2/LeaseCandidate": {"deprecated": [1, 35], "removed": [1, 38], "use": "coordination.k8s.io/v1beta1"},
	"coordination.k8s.io/v1beta1/Lease": {"deprecated": [1, 19], "removed": [1, 22], "use": "coordination.k8s.io/v1"},
	"coordination.k8s.io/v1beta1/LeaseCandidate": {"deprecated": [1, 36], "removed": [1, 39], "use": ""},
	"discovery.k8s.io/v1alpha1/EndpointSlice": {"deprecated": [1, 21], "removed": [1, 21], "use": "discovery.k8s.io/v1", "source": "k8s.io/api v0.21.0"},
	"discovery.k8s.io/v1beta1/EndpointSlice": {"deprecated": [1, 21], "removed": [1, 25], "use": "discovery.k8s.io/v1"},
	"events.k8s.io/v1beta1/Event": {"deprecated": [1, 22], "removed": [1, 25], "use": "events.k8s.io/v1"},
	"extensions/v1beta1/DaemonSet": {"deprecated": [1, 8], "removed": [1, 16], "use": "apps/v1"},
	"extensions/v1beta1/Deployment": {"deprecated": [1, 8], "removed": [1, 16], "use": "apps/v1"},
	"extensions/v1beta1/Ingress": {"deprecated": [1, 14], "removed": [1, 22], "use": "networking.k8s.io/v1"},
	"extensions/v1beta1/NetworkPolicy": {"deprecated": [1, 9], "removed": [1, 16], "use": "networking.k8s.io/v1"},
	"extensions/v1beta1/PodSecurityPolicy": {"deprecated": [1, 11], "removed": [1, 16], "use": "", "source": "k8s.io/api v0.26.0"},
	"extensions/v1beta1/ReplicaSet": {"deprecated": [1, 8], "removed": [1, 16], "use": "apps/v1"},
	"flowcontrol.apiserver.k8s.io/v1alpha1/FlowSchema": {"deprecated": [1, 20], "removed": [1, 21], "use": "flowcontrol.apiserver.k8s.io/v1", "source": "k8s.io/api v0.28.0"},
	"flowcontrol.apiserver.k8s.io/v1alpha1/PriorityLevelConfiguration": {"deprecated": [1, 20], "removed": [1, 21], "use": "flowcontrol.apiserver.k8s.io/v1", "source": "k8s.io/api v0.28.0"},
	"flowcontrol.apiserver.k8s.io/v1beta1/FlowSchema": {"deprecated": [1, 23], "removed": [1, 26], "use": "flowcontrol.apiserver.k8s.io/v1"},
	"flowcontrol.apiserver.k8s.io/v1beta1/PriorityLevelConfiguration": {"deprecated": [1, 23], "removed": [1, 26], "use": "flowcontrol.apiserver.k8s.io/v1"},
	"flowcontrol.apiserver.k8s.io/v1beta2/FlowSchema": {"deprecated": [1, 26], "removed": [1, 29], "use": "flowcontrol.apiserver.k8s.io/v1"},
	"flowcontrol.apiserver.k8s.io/v1beta2/PriorityLevelConfiguration": {"deprecated": [1, 26], "removed": [1, 29], "use": "flowcontrol.apiserver.k8s.io/v1"},
	"flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema": {"deprecated": [1, 29], "removed": [1, 32], "use": "flowcontrol.apiserver.k8s.io/v1"},
	"flowcontrol.apiserver.k8s.io/v1beta3/PriorityLevelConfiguration": {"deprecated": [1, 29], "removed": [1, 32], "use": "flowcontrol.apiserver.k8s.io/v1"},
	"networking.k8s.io/v1alpha1/ClusterCIDR": {"deprecated": [1, 28], "removed": [1, 29], "use": "", "source": "k8s.io/api v0.29.0"},
	"networking.k8s.io/v1alpha1/IPAddress": {"deprecated": [1, 30], "removed": [1, 33], "use": "networking.k8s.io/v1", "source": "k8s.io/api v0.33.0"},
	"networking.k8s.io/v1alpha1/ServiceCIDR": {"deprecated": [1, 30], "removed": [1, 33], "use": "networking.k8s.io/v1", "source": "k8s.io/api v0.33.0"},
	"networking.k8s.io/v1beta1/IPAddress": {"deprecated": [1, 34], "removed": [1, 37], "use": "networking.k8s.io/v1"},
	"networking.k8s.io/v1beta1/Ingress": {"deprecated": [1, 19], "removed": [1, 22], "use": "networking.k8s.io/v1"},
	"networking.k8s.io/v1beta1/IngressClass": {"deprecated": [1, 19], "removed": [1, 22], "use": "networking.k8s.io/v1"},
	"networking.k8s.io/v1beta1/ServiceCIDR": {"deprecated": [1, 34], "removed": [1, 37], "use": "networking.k8s.io/v1"},
	"node.k8s.io/v1beta1/RuntimeClass": {"deprecated": [1, 22], "removed": [1, 25], "use": "node.k8s.io/v1"},
	"policy/v1beta1/PodDisruptionBudget": {"deprecated": [1, 21], "removed": [1, 25], "use": "policy/v1"},
	"policy/v1beta1/PodSecurityPolicy": {"deprecated": [1, 21], "removed": [1, 25], "use": "", "source": "k8s.io/api v0.28.0"},
	"rbac.authorization.k8s.io/v1alpha1/ClusterRole": {"deprecated": [1, 17], "removed": [1, 23], "use": "rbac.authorization.k8s.io/v1", "source": "CHANGELOG-1.23"},
	"rbac.authorization.k8s.io/v1alpha1/ClusterRoleBinding": {"deprecated": [1, 17], "removed": [1, 23], "use": "rbac.authorization.k8s.io/v1", "source": "CHANGELOG-1.23"},
	"rbac.authorization.k8s.io/v1alpha1/Role": {"deprecated": [1, 17], "removed": [1, 23], "use": "rbac.authorization.k8s.io/v1", "source": "CHANGELOG-1.23"},
	"rbac.authorization.k8s.io/v1alpha1/RoleBinding": {"deprecated": [1, 17], "removed": [1, 23], "use": "rbac.authorization.k8s.io/v1", "source": "CHANGELOG-1.23"},
	"rbac.authorization.k8s.io/v1beta1/ClusterRole": {"deprecated": [1, 17], "removed": [1, 22], "use": "rbac.authorization.k8s.io/v1"},
	"rbac.authorization.k8s.io/v1beta1/ClusterRoleBinding": {"deprecated": [1, 17], "removed": [1, 22], "use": "rbac.authorization.k8s.io/v1"},
	"rbac.authorization.k8s.io/v1beta1/Role": {"deprecated": [1, 17], "removed": [1, 22], "use": "rbac.authorization.k8s.io/v1"},
	"rbac.authorization.k8s.io/v1beta1/RoleBinding": {"deprecated": [1, 17], "removed": [1, 22], "use": "rbac.authorization.k8s.io/v1"},
	"resource.k8s.io/v1alpha1/PodScheduling": {"deprecated": [1, 27], "removed": [1, 27], "use": "", "source": "k8s.io/api v0.27.0"},
	"resource.k8s.io/v1alpha1/ResourceClaim": {"deprecated": [1, 27], "removed": [1, 27], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.27.0"},
	"resource.k8s.io/v1alpha1/ResourceClaimTemplate": {"deprecated": [1, 27], "removed": [1, 27], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.27.0"},
	"resource.k8s.io/v1alpha1/ResourceClass": {"deprecated": [1, 27], "removed": [1, 27], "use": "resource.k8s.io/v1 (DeviceClass)", "source": "k8s.io/api v0.27.0"},
	"resource.k8s.io/v1alpha2/PodSchedulingContext": {"deprecated": [1, 31], "removed": [1, 31], "use": "", "source": "k8s.io/api v0.31.0"},
	"resource.k8s.io/v1alpha2/ResourceClaim": {"deprecated": [1, 31], "removed": [1, 31], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.31.0"},
	"resource.k8s.io/v1alpha2/ResourceClaimParameters": {"deprecated": [1, 31], "removed": [1, 31], "use": "", "source": "k8s.io/api v0.31.0"},
	"resource.k8s.io/v1alpha2/ResourceClaimTemplate": {"deprecated": [1, 31], "removed": [1, 31], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.31.0"},
	"resource.k8s.io/v1alpha2/ResourceClass": {"deprecated": [1, 31], "removed": [1, 31], "use": "resource.k8s.io/v1 (DeviceClass)", "source": "k8s.io/api v0.31.0"},
	"resource.k8s.io/v1alpha2/ResourceClassParameters": {"deprecated": [1, 31], "removed": [1, 31], "use": "", "source": "k8s.io/api v0.31.0"},
	"resource.k8s.io/v1alpha2/ResourceSlice": {"deprecated": [1, 31], "removed": [1, 31], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.31.0"},
	"resource.k8s.io/v1alpha3/DeviceClass": {"deprecated": [1, 34], "removed": [1, 34], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.34.0"},
	"resource.k8s.io/v1alpha3/DeviceTaintRule": {"deprecated": [1, 36], "removed": [1, 39], "use": "resource.k8s.io/v1beta2"},
	"resource.k8s.io/v1alpha3/PodSchedulingContext": {"deprecated": [1, 32], "removed": [1, 32], "use": "", "source": "k8s.io/api v0.32.0"},
	"resource.k8s.io/v1alpha3/ResourceClaim": {"deprecated": [1, 34], "removed": [1, 34], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.34.0"},
	"resource.k8s.io/v1alpha3/ResourceClaimTemplate": {"deprecated": [1, 34], "removed": [1, 34], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.34.0"},
	"resource.k8s.io/v1alpha3/ResourcePoolStatusRequest": {"deprecated": [1, 39], "removed": [1, 42], "use": ""},
	"resource.k8s.io/v1alpha3/ResourceSlice": {"deprecated": [1, 34], "removed": [1, 34], "use": "resource.k8s.io/v1", "source": "k8s.io/api v0.34.0"},
	"resource.k8s.io/v1beta1/DeviceClass": {"deprecated": [1, 35], "removed": [1, 38], "use": "resource.k8s.io/v1"},
	"resource.k8s.io/v1beta1/ResourceClaim": {"deprecated": [1, 35], "removed": [1, 38], "use": "resource.k8s.io/v1"},
	"resource.k8s.io/v1beta1/ResourceClaimTemplate": {"deprecated": [1, 35], "removed": [1, 38], "use": "resource.k8s.io/v1"},
	"resource.k8s.io/v1beta1/ResourceSlice": {"deprecated": [1, 35], "removed": [1, 38], "use": "resource.k8s.io/v1"},
	"resource.k8s.io/v1beta2/DeviceClass": {"deprecated": [1, 36], "removed": [1, 39], "use": "resource.k8s.io/v1"},
	"resource.k8s.io/v1beta2/DeviceTaintRule": {"deprecated": [1, 39], "removed": [1, 42], "use": ""},
	"resource.k8s.io/v1beta2/ResourceClaim": {"deprecated": [1, 36], "removed": [1, 39], "use": "resource.k8s.io/v1"},
	"resource.k8s.io/v1beta2/ResourceClaimTemplate": {"deprecated": [1, 36], "removed": [1, 39], "use": "resource.k8s.io/v1"},
	"resource.k8s.io/v1beta2/ResourceSlice": {"deprecated": [1, 36], "removed": [1, 39], "use": "resource.k8s.io/v1"},
	"scheduling.k8s.io/v1alpha1/PriorityClass": {"deprecated": [1, 14], "removed": [1, 23], "use": "scheduling.k8s.io/v1", "source": "CHANGELOG-1.23"},
	"scheduling.k8s.io/v1alpha1/Workload": {"deprecated": [1, 36], "removed": [1, 36], "use": "scheduling.k8s.io/v1alpha2", "source": "k8s.io/api v0.36.0"},
	"scheduling.k8s.io/v1beta1/PriorityClass": {"deprecated": [1, 14], "removed": [1, 22], "use": "scheduling.k8s.io/v1"},
	"settings.k8s.io/v1alpha1/PodPreset": {"deprecated": [1, 20], "removed": [1, 20], "use": "", "source": "k8s.io/api v0.20.0"},
	"storage.k8s.io/v1alpha1/CSIStorageCapacity": {"deprecated": [1, 21], "removed": [1, 24], "use": "storage.k8s.io/v1"},
	"storage.k8s.io/v1alpha1/VolumeAttachment": {"deprecated": [1, 21], "removed": [1, 24], "use": "storage.k8s.io/v1"},
	"storage.k8s.io/v1alpha1/VolumeAttributesClass": {"deprecated": [1, 32], "removed": [1, 35], "use": "storage.k8s.io/v1"},
	"storage.k8s.io/v1beta1/CSIDriver": {"deprecated": [1, 19], "removed": [1, 22], "use": "storage.k8s.io/v1"},
	"storage.k8s.io/v1beta1/CSINode": {"deprecated": [1, 17], "removed": [1, 22], "use": "storage.k8s.io/v1"},
	"storage.k8s.io/v1beta1/CSIStorageCapacity": {"deprecated": [1, 24], "removed": [1, 27], "use": "storage.k8s.io/v1"},
	"storage.k8s.io/v1beta1/StorageClass": {"deprecated": [1, 19], "removed": [1, 22], "use": "storage.k8s.io/v1"},
	"storage.k8s.io/v1beta1/VolumeAttachment": {"deprecated": [1, 19], "removed": [1, 22], "use": "storage.k8s.io/v1"},
	"storage.k8s.io/v1beta1/VolumeAttributesClass": {"deprecated": [1, 34], "removed": [1, 37], "use": "storage.k8s.io/v1"},
	"storagemigration.k8s.io/v1alpha1/StorageVersionMigration": {"deprecated": [1, 33], "removed": [1, 35], "use": "storagemigration.k8s.io/v1beta1", "source": "k8s.io/api v0.35.0"},
	"storagemigration.k8s.io/v1beta1/StorageVersionMigration": {"deprecated": [1, 38], "removed": [1, 41], "use": ""},
	"v1/ComponentStatus": {"deprecated": [1, 19], "use": ""},
	"v1/Endpoints": {"deprecated": [1, 33], "use": "discovery.k8s.io/v1 (EndpointSlice)"},
}
