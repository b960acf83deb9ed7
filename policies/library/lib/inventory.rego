# METADATA
# scope: package
# title: The rendered environment
# description: >-
#   Objects of the rendered head beside the one under review, and how one object selects another.
package penstock.lib.inventory

import data.penstock.lib.names

# neighbours are the objects of a kind in the namespace of the object under
# review, in any API version. Objects that are rendered without a namespace are
# filed with the cluster-scoped ones.
neighbours(kind) := [object |
	some version
	some object in data.inventory.namespace[names.namespace][version][kind]
] if {
	names.namespace != ""
} else := [object |
	some version
	some object in data.inventory.cluster[version][kind]
]

# selects says that a label selector matches labels
# (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/).
# An empty selector matches everything, null nothing.
selects(selector, labels) if {
	is_object(selector)
	count({key | some key, value in selector.matchLabels; not has(labels, key, value)}) == 0
	count({i | some i, expression in selector.matchExpressions; not satisfied(expression, labels)}) == 0
}

has(labels, key, value) if labels[key] == value

satisfied(expression, labels) if {
	expression.operator == "In"
	listed(expression, labels)
}

satisfied(expression, labels) if {
	expression.operator == "NotIn"
	not listed(expression, labels)
}

satisfied(expression, labels) if {
	expression.operator == "Exists"
	_ = labels[expression.key]
}

satisfied(expression, labels) if {
	expression.operator == "DoesNotExist"
	not expression.key in object.keys(labels)
}

listed(expression, labels) if labels[expression.key] in expression.values

# autoscalers are the HorizontalPodAutoscalers that set the replicas of a workload.
autoscalers(kind, name) := [hpa |
	some hpa in neighbours("HorizontalPodAutoscaler")
	hpa.spec.scaleTargetRef.kind == kind
	hpa.spec.scaleTargetRef.name == name
]

# space is everything in the namespace of the object under review, by API version,
# kind and name. A look-up in it costs the same in every environment.
default space := {}

space := data.inventory.namespace[names.namespace] if names.namespace != ""

space := data.inventory.cluster if names.namespace == ""

# pod_sources are the objects of the namespace that have or make pods.
pod_sources := [object |
	some version in ["apps/v1", "v1", "batch/v1", "argoproj.io/v1alpha1"]
	some kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod", "Job", "CronJob", "Rollout"]
	some object in space[version][kind]
]

# template_of is what the pods of an object are made of: labels and pod spec.
template_of(object) := object if {
	object.kind == "Pod"
} else := object.spec.jobTemplate.spec.template if {
	object.kind == "CronJob"
} else := object.spec.template

# labels_of are the labels of the pods of an object.
labels_of(object) := labels if {
	labels := template_of(object).metadata.labels
	is_object(labels)
} else := {}

# picks says that a plain selector, as a Service has it, matches labels. One
# without an entry matches nothing.
picks(selector, labels) if {
	is_object(selector)
	count(selector) > 0
	every key, value in selector {
		has(labels, key, value)
	}
}

# picked are the sources of pods that a plain selector picks. The first label
# decides most cases, so that it is compared before all others are.
picked(selector) := [object |
	some first in [[key, value] | some key, value in selector]
	some object in pod_sources
	labels := labels_of(object)
	has(labels, first[0], first[1])
	picks(selector, labels)
]

# opaque says that the namespace may receive objects that are not rendered: a
# deployer is told to bring more, or there are resources of an operator. What is
# missing may be there, then.
opaque if {
	some version, kinds in space
	contains(version, ".")
	not known(version)
	some kind, _ in kinds
	not kind in passive
}

opaque if {
	some namespace, _ in data.inventory.namespace
	some version in deployers
	data.inventory.namespace[namespace][version]
}

# The control plane and the add-ons of the provider are there in every cluster.
opaque if names.namespace == "kube-system"

known(version) if endswith(split(version, "/")[0], ".k8s.io")

known(version) if split(version, "/")[0] in quiet

# API groups whose controllers make no objects that others refer to.
quiet := {
	"acme.cert-manager.io", "autoscaling.k8s.io", "cilium.io", "crd.projectcalico.org", "gateway.networking.k8s.io",
	"kyverno.io", "networking.istio.io", "policies.kyverno.io", "projectcontour.io", "security.istio.io",
	"telemetry.istio.io", "traefik.io", "traefik.containo.us",
}

# Kinds that make a Secret at most, or nothing, in groups that have others, too.
passive := {
	"AlertmanagerConfig", "AnalysisTemplate", "Certificate", "ExternalSecret", "Issuer", "PodMonitor", "Probe",
	"PrometheusRule", "Rollout", "ScaledObject", "SealedSecret", "SecretStore", "ServiceMonitor", "TriggerAuthentication",
	"VerticalPodAutoscaler",
}

# API versions of what makes Flux or Argo CD apply more, in any namespace.
deployers := [
	"kustomize.toolkit.fluxcd.io/v1", "kustomize.toolkit.fluxcd.io/v1beta2", "helm.toolkit.fluxcd.io/v2",
	"helm.toolkit.fluxcd.io/v2beta1", "helm.toolkit.fluxcd.io/v2beta2", "fluxcd.controlplane.io/v1",
]
