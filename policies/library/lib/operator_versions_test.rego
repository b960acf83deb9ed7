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
			regex.match(`^[a-z-]+$`, row.operator)
			is_string(row.use)
			row.removed >= row.deprecated
			not startswith(row.use, sprintf("%s ", [version]))
			row.use != version
		}
	}
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
	}
	operator_versions.status == case[3] with input as seen(case[0], case[1], case[2])
}

test_no_status[note] if {
	some note, case in {
		"before": ["cert-manager.io/v1beta1", "Certificate", {"cert-manager": "1.3"}],
		"current": ["cert-manager.io/v1", "Certificate", {"cert-manager": "1.18"}],
		"another kind": ["gateway.networking.k8s.io/v1alpha2", "TCPRoute", {"gateway-api": "1.2"}],
		"null": [null, null, null],
	}
	not operator_versions.status with input as seen(case[0], case[1], case[2])
}
