package penstock.api.deprecated_version_test

import data.penstock.api.deprecated_version as rule
import data.penstock.lib.fixtures_test as fixtures

in_version(api_version, kind, version) := {
	"apiVersion": api_version,
	"kind": kind,
	"review": {"environment": {"kubernetesVersion": version}},
}

test_deny[note] if {
	some note, case in {
		"Ingress": [
			"extensions/v1beta1", "Ingress", "1.21",
			"extensions/v1beta1 Ingress is deprecated since Kubernetes 1.14 and no longer served from 1.22; use networking.k8s.io/v1",
		],
		"no end": [
			"v1", "Endpoints", "1.35",
			"v1 Endpoints is deprecated since Kubernetes 1.33; use discovery.k8s.io/v1 (EndpointSlice)",
		],
		"no successor yet": [
			"coordination.k8s.io/v1beta1", "LeaseCandidate", "1.36",
			"coordination.k8s.io/v1beta1 LeaseCandidate is deprecated since Kubernetes 1.36 and no longer served from 1.39; its successor is not known yet",
		],
		"no successor": [
			"policy/v1beta1", "PodSecurityPolicy", "v1.24.9",
			"policy/v1beta1 PodSecurityPolicy is deprecated since Kubernetes 1.21 and no longer served from 1.25; nothing takes its place",
		],
		"first release": [
			"resource.k8s.io/v1beta1", "ResourceClaim", "1.35",
			"resource.k8s.io/v1beta1 ResourceClaim is deprecated since Kubernetes 1.35 and no longer served from 1.38; use resource.k8s.io/v1",
		],
	}
	body := in_version(case[0], case[1], case[2])
	violations := rule.violation with input as body
	fixtures.messages(violations) == {case[3]}
	fixtures.located(body, violations)
}

test_allow[note] if {
	some note, case in {
		"before": ["extensions/v1beta1", "Ingress", "1.13"], "compared as numbers": ["extensions/v1beta1", "Ingress", "1.9"],
		"removed": ["extensions/v1beta1", "Ingress", "1.22"], "current": ["apps/v1", "Deployment", "1.36"],
		"unreadable version": ["extensions/v1beta1", "Ingress", "stable"], "custom": ["example.com/v1", "Endpoints", "1.36"],
		"null": [null, null, "1.36"], "before the end": ["v1", "Endpoints", "1.32"],
	}
	rule.violation == set() with input as in_version(case[0], case[1], case[2])
}

test_operators[note] if {
	some note, case in {
		"deprecated": [{"cert-manager": "1.5"}, {"cert-manager.io/v1beta1 Certificate is deprecated since cert-manager 1.4 and no longer served from 1.6; use cert-manager.io/v1 (https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/)"}],
		"unknown": [{}, {"cert-manager.io/v1beta1 Certificate is not served by cert-manager 1.6 and later, and the parameter operators does not say which version of cert-manager the cluster has; use cert-manager.io/v1 (https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/)"}],
		"unreadable": [{"cert-manager": "latest"}, {"cert-manager.io/v1beta1 Certificate is not served by cert-manager 1.6 and later, and the parameter operators has no version in latest for cert-manager; use cert-manager.io/v1 (https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/)"}],
		"removed": [{"cert-manager": "1.6"}, set()], "before": [{"cert-manager": "1.3"}, set()],
	}
	body := {"apiVersion": "cert-manager.io/v1beta1", "kind": "Certificate", "review": {"parameters": {"operators": case[0]}}}
	violations := rule.violation with input as body
	fixtures.messages(violations) == case[1]
	fixtures.located(body, violations)
}

test_operator_without_an_end[note] if {
	some note, case in {
		"deprecated": [{"metallb": "0.16"}, "metallb.io/v1beta1 BGPPeer is deprecated since metallb 0.14; use metallb.io/v1beta2 (https://metallb.io/release-notes/)"],
		"unknown": [{}, "metallb.io/v1beta1 BGPPeer is deprecated since metallb 0.14, and the parameter operators does not say which version of metallb the cluster has; use metallb.io/v1beta2 (https://metallb.io/release-notes/)"],
	}
	body := {"apiVersion": "metallb.io/v1beta1", "kind": "BGPPeer", "review": {"parameters": {"operators": case[0]}}}
	fixtures.messages(rule.violation) == {case[1]} with input as body
}
