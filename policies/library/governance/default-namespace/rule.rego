# METADATA
# scope: package
# title: Objects name a namespace other than default
# description: >-
#   An object without a namespace lands wherever the deployer points at that day, and the default
#   namespace collects what nobody owns: quotas, network policies and access rules of teams do not
#   reach it. Only kinds of Kubernetes that live in a namespace are judged.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
# custom:
#   id: governance/default-namespace
#   severity: warning
#   match:
#     kinds:
#     - ConfigMap
#     - Endpoints
#     - LimitRange
#     - PersistentVolumeClaim
#     - Pod
#     - PodTemplate
#     - ReplicationController
#     - ResourceQuota
#     - Secret
#     - Service
#     - ServiceAccount
#     - apps/*
#     - autoscaling/*
#     - batch/*
#     - coordination.k8s.io/Lease
#     - discovery.k8s.io/EndpointSlice
#     - extensions/DaemonSet
#     - extensions/Deployment
#     - extensions/Ingress
#     - extensions/NetworkPolicy
#     - extensions/ReplicaSet
#     - networking.k8s.io/Ingress
#     - networking.k8s.io/NetworkPolicy
#     - policy/PodDisruptionBudget
#     - rbac.authorization.k8s.io/Role
#     - rbac.authorization.k8s.io/RoleBinding
#   remediation: Set metadata.namespace, or namespace in the kustomization, to the namespace of the application.
#   tags: [governance]
package penstock.governance.default_namespace

import data.penstock.lib.names

violation contains v if {
	names.namespace == "default"
	v := {
		"msg": sprintf("%s %q is in the namespace default", [input.kind, names.object_name]),
		"at": nearest,
		"path": ["metadata", "namespace"],
	}
}

violation contains v if {
	names.namespace == ""
	v := {
		"msg": sprintf("%s %q names no namespace", [input.kind, names.object_name]),
		"at": input.metadata,
		"path": ["metadata", "namespace"],
	}
}

nearest := input.metadata.namespace if {
	input.metadata.namespace != ""
} else := input.metadata
