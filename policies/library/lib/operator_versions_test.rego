package penstock.lib.operator_versions_test

import data.penstock.lib.operator_versions

seen(api_version, kind, installed) := {
	"apiVersion": api_version,
	"kind": kind,
	"review": {"parameters": {"operators": installed}},
}

test_every_row_is_well_formed if {
	every version, rows in operator_versions.lifecycle {
		regex.match(`^[a-z0-9.-]+/v\d+((alpha|beta)\d+)?$`, version)
		every row in rows {
			regex.match(`^[a-z][a-z-]+$`, row.operator)
			is_string(row.use)
			object.get(row, "removed", row.deprecated) >= row.deprecated
			regex.match(`^https://[a-z0-9.-]+/[A-Za-z0-9._/-]+$`, row.source)
			every kind in object.get(row, "kinds", [""]) {
				row.use != sprintf("%s (%s)", [version, kind])
			}
			row.use != version
		}
	}
}

# What takes the place of an API version is not itself in the table, for that kind.
test_no_successor_is_gone if {
	every rows in operator_versions.lifecycle {
		every row in rows {
			every kind in object.get(row, "kinds", ["*"]) {
				not gone(row.use, kind)
			}
		}
	}
}

gone(use, kind) if {
	some row in operator_versions.lifecycle[use]
	row.removed
	kind in object.get(row, "kinds", [kind])
}

test_no_kind_has_two_rows if {
	every rows in operator_versions.lifecycle {
		kinds := [kind | some row in rows; some kind in object.get(row, "kinds", ["*"])]
		count(kinds) == count({kind | some kind in kinds})
	}
}

test_status[note] if {
	some note, case in {
		"removed": ["cert-manager.io/v1beta1", "Certificate", {"cert-manager": "1.6"}, "removed"],
		"later": ["cert-manager.io/v1alpha2", "Issuer", {"cert-manager": "v1.18.2"}, "removed"],
		"deprecated": ["cert-manager.io/v1beta1", "Certificate", {"cert-manager": "1.5"}, "deprecated"],
		"unknown": ["external-secrets.io/v1beta1", "ExternalSecret", {}, "unknown"],
		"of another operator": ["keda.k8s.io/v1alpha1", "ScaledObject", {"flux": "2.8"}, "unknown"],
		"unreadable": ["keda.k8s.io/v1alpha1", "ScaledObject", {"keda": 2}, "unknown"],
		"mistyped parameter": ["keda.k8s.io/v1alpha1", "ScaledObject", "2.0", "unknown"],
		"of a kind": ["notification.toolkit.fluxcd.io/v1beta2", "Receiver", {"flux": "2.9"}, "removed"],
		"of a kind, before": ["notification.toolkit.fluxcd.io/v1beta2", "Receiver", {"flux": "2.8"}, "deprecated"],
		"of Cilium": ["cilium.io/v2alpha1", "CiliumBGPPeeringPolicy", {"cilium": "1.18"}, "deprecated"],
		"of Cilium, removed": ["cilium.io/v2alpha1", "CiliumNodeConfig", {"cilium": "1.20.1"}, "removed"],
		"of Cilium, in v2": ["cilium.io/v2", "CiliumExternalWorkload", {"cilium": "1.18"}, "removed"],
		"of the autoscaler": ["autoscaling.k8s.io/v1beta2", "VerticalPodAutoscaler", {"vertical-pod-autoscaler": "1.2.2"}, "deprecated"],
		"of the autoscaler, removed": ["autoscaling.k8s.io/v1beta2", "VerticalPodAutoscaler", {"vertical-pod-autoscaler": "1.3.0"}, "removed"],
		"of Velero": ["velero.io/v1", "ResticRepository", {"velero": "1.10"}, "removed"],
		"of Prometheus": ["monitoring.coreos.com/v1alpha1", "ServiceMonitor", {"prometheus-operator": "v0.93.0"}, "removed"],
		"without an end": ["metallb.io/v1beta1", "BGPPeer", {"metallb": "0.16"}, "deprecated"],
	}
	operator_versions.status == case[3] with input as seen(case[0], case[1], case[2])
}

test_no_status[note] if {
	some note, case in {
		"before": ["cert-manager.io/v1beta1", "Certificate", {"cert-manager": "1.3"}],
		"current": ["cert-manager.io/v1", "Certificate", {"cert-manager": "1.18"}],
		"another kind": ["gateway.networking.k8s.io/v1alpha2", "TCPRoute", {"gateway-api": "1.2"}],
		"served beside a newer version": ["monitoring.coreos.com/v1alpha1", "AlertmanagerConfig", {"prometheus-operator": "0.93"}],
		"current kind of a version": ["velero.io/v1", "Schedule", {"velero": "1.18"}],
		"null": [null, null, null],
	}
	not operator_versions.status with input as seen(case[0], case[1], case[2])
}

test_advice if {
	operator_versions.advice == "use notification.toolkit.fluxcd.io/v1 (https://fluxcd.io/blog/2026/06/flux-v2.9.0/)" with input as seen("notification.toolkit.fluxcd.io/v1beta2", "Receiver", {})
	startswith(operator_versions.advice, "nothing takes its place (https://") with input as seen("secrets.crossplane.io/v1alpha1", "StoreConfig", {})
}

test_ignorance if {
	operator_versions.ignorance == "the parameter operators does not say which version of keda the cluster has" with input as seen("keda.k8s.io/v1alpha1", "ScaledObject", {})
	operator_versions.ignorance == "the parameter operators has no version in latest for keda" with input as seen("keda.k8s.io/v1alpha1", "ScaledObject", {"keda": "latest"})
}
