package penstock.lib.api_versions_test

import data.penstock.lib.api_versions

in_version(key, version) := {
	"apiVersion": concat("/", array.slice(parts, 0, count(parts) - 1)),
	"kind": parts[count(parts) - 1],
	"review": {"environment": {"kubernetesVersion": version}},
} if {
	parts := split(key, "/")
}

test_every_line_is_well_formed if {
	every key, line in api_versions.lifecycle {
		regex.match(`^([a-z0-9.]+/)?v\d+((alpha|beta)\d+)?/[A-Z][A-Za-z]+$`, key)
		is_string(line.use)
		not startswith(key, sprintf("%s/", [line.use]))
		count(line.deprecated) == 2
		object.get(line, "removed", [2, 0]) >= line.deprecated
	}
}

# A successor that is itself in the table as removed would lead from one dead end
# to the next.
test_no_successor_is_removed if {
	every key, line in api_versions.lifecycle {
		kind := regex.replace(key, `^.*/`, "")
		successor := object.get(api_versions.lifecycle, sprintf("%s/%s", [line.use, kind]), {})
		object.get(successor, "removed", [1, 9999]) > [1, 36]
	}
}

test_status_around_each_removal if {
	every key, line in {k: l | some k, l in api_versions.lifecycle; l.removed > l.deprecated} {
		[major, minor] := line.removed
		api_versions.status == "removed" with input as in_version(key, sprintf("%d.%d", [major, minor]))
		api_versions.status == "deprecated" with input as in_version(key, sprintf("v%d.%d.7", [major, minor - 1]))
	}
}

test_nothing_before_deprecation if {
	every key, line in api_versions.lifecycle {
		[major, minor] := line.deprecated
		not api_versions.status with input as in_version(key, sprintf("%d.%d", [major, minor - 1]))
	}
}

# The groups and versions of the migration guide, by the release that dropped them.
test_migration_guide[key] if {
	some key, minor in {
		"extensions/v1beta1/NetworkPolicy": 16, "extensions/v1beta1/DaemonSet": 16, "apps/v1beta2/DaemonSet": 16,
		"extensions/v1beta1/Deployment": 16, "apps/v1beta1/Deployment": 16, "apps/v1beta2/Deployment": 16,
		"apps/v1beta1/StatefulSet": 16, "apps/v1beta2/StatefulSet": 16, "extensions/v1beta1/ReplicaSet": 16,
		"apps/v1beta1/ReplicaSet": 16, "apps/v1beta2/ReplicaSet": 16, "extensions/v1beta1/PodSecurityPolicy": 16,
		"admissionregistration.k8s.io/v1beta1/MutatingWebhookConfiguration": 22,
		"admissionregistration.k8s.io/v1beta1/ValidatingWebhookConfiguration": 22,
		"apiextensions.k8s.io/v1beta1/CustomResourceDefinition": 22, "apiregistration.k8s.io/v1beta1/APIService": 22,
		"certificates.k8s.io/v1beta1/CertificateSigningRequest": 22, "coordination.k8s.io/v1beta1/Lease": 22,
		"extensions/v1beta1/Ingress": 22, "networking.k8s.io/v1beta1/Ingress": 22, "networking.k8s.io/v1beta1/IngressClass": 22,
		"rbac.authorization.k8s.io/v1beta1/ClusterRole": 22, "rbac.authorization.k8s.io/v1beta1/ClusterRoleBinding": 22,
		"rbac.authorization.k8s.io/v1beta1/Role": 22, "rbac.authorization.k8s.io/v1beta1/RoleBinding": 22,
		"scheduling.k8s.io/v1beta1/PriorityClass": 22, "storage.k8s.io/v1beta1/CSIDriver": 22, "storage.k8s.io/v1beta1/CSINode": 22,
		"storage.k8s.io/v1beta1/StorageClass": 22, "storage.k8s.io/v1beta1/VolumeAttachment": 22,
		"batch/v1beta1/CronJob": 25, "discovery.k8s.io/v1beta1/EndpointSlice": 25, "events.k8s.io/v1beta1/Event": 25,
		"autoscaling/v2beta1/HorizontalPodAutoscaler": 25, "policy/v1beta1/PodDisruptionBudget": 25,
		"policy/v1beta1/PodSecurityPolicy": 25, "node.k8s.io/v1beta1/RuntimeClass": 25,
		"flowcontrol.apiserver.k8s.io/v1beta1/FlowSchema": 26, "flowcontrol.apiserver.k8s.io/v1beta1/PriorityLevelConfiguration": 26,
		"autoscaling/v2beta2/HorizontalPodAutoscaler": 26, "storage.k8s.io/v1beta1/CSIStorageCapacity": 27,
		"flowcontrol.apiserver.k8s.io/v1beta2/FlowSchema": 29, "flowcontrol.apiserver.k8s.io/v1beta2/PriorityLevelConfiguration": 29,
		"flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema": 32, "flowcontrol.apiserver.k8s.io/v1beta3/PriorityLevelConfiguration": 32,
	}
	api_versions.lifecycle[key].removed == [1, minor]
}
