package penstock.api.removed_version_test

import data.penstock.api.removed_version as rule
import data.penstock.lib.fixtures_test as fixtures

in_version(api_version, kind, version) := {
	"apiVersion": api_version,
	"kind": kind,
	"review": {"environment": {"kubernetesVersion": version}},
}

test_deny[note] if {
	some note, case in {
		"Ingress": ["extensions/v1beta1", "Ingress", "1.22"], "later": ["extensions/v1beta1", "Ingress", "v1.35.3"],
		"Deployment": ["apps/v1beta1", "Deployment", "1.16"], "CronJob": ["batch/v1beta1", "CronJob", "1.25"],
		"PodDisruptionBudget": ["policy/v1beta1", "PodDisruptionBudget", "1.35"],
		"PodSecurityPolicy": ["policy/v1beta1", "PodSecurityPolicy", "1.25"],
		"HorizontalPodAutoscaler": ["autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.26"],
		"FlowSchema": ["flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "1.32"],
		"unreadable version": ["extensions/v1beta1", "Ingress", "stable"],
		"version of another type": ["extensions/v1beta1", "Ingress", 1.16],
	}
	body := in_version(case[0], case[1], case[2])
	violations := rule.violation with input as body
	count(violations) == 1
	fixtures.located(body, violations)
}

test_message if {
	violations := rule.violation with input as in_version("extensions/v1beta1", "Ingress", "1.35")
	fixtures.messages(violations) == {"extensions/v1beta1 Ingress is no longer served since Kubernetes 1.22; use networking.k8s.io/v1"}
}

test_message_without_a_successor if {
	violations := rule.violation with input as in_version("policy/v1beta1", "PodSecurityPolicy", "1.35")
	fixtures.messages(violations) == {"policy/v1beta1 PodSecurityPolicy is no longer served since Kubernetes 1.25; nothing takes its place"}
}

test_deny_without_an_environment if {
	count(rule.violation) == 1 with input as {"apiVersion": "extensions/v1beta1", "kind": "Ingress"}
}

test_allow[note] if {
	some note, case in {
		"before": ["extensions/v1beta1", "Ingress", "1.21"], "compared as numbers": ["extensions/v1beta1", "Ingress", "1.9"],
		"current": ["networking.k8s.io/v1", "Ingress", "1.36"], "custom": ["example.com/v1beta1", "Ingress", "1.36"],
		"another kind": ["policy/v1beta1", "Budget", "1.36"], "no kind": ["policy/v1beta1", null, "1.36"],
		"number": [1, "Ingress", "1.36"], "deprecated only": ["v1", "Endpoints", "1.36"],
		"removed later": ["networking.k8s.io/v1beta1", "ServiceCIDR", "1.36"],
	}
	rule.violation == set() with input as in_version(case[0], case[1], case[2])
}

of_an_operator(version) := {
	"apiVersion": "cert-manager.io/v1beta1",
	"kind": "Certificate",
	"review": {"parameters": {"operators": {"cert-manager": version}}},
}

test_operators[note] if {
	some note, case in {"removed": ["1.6", 1], "deprecated": ["1.5", 0], "unknown": [null, 0]}
	violations := rule.violation with input as of_an_operator(case[0])
	count(violations) == case[1]
	fixtures.located(of_an_operator(case[0]), violations)
}

test_message_of_operators if {
	violations := rule.violation with input as of_an_operator("1.18")
	fixtures.messages(violations) == {"cert-manager.io/v1beta1 Certificate is no longer served since cert-manager 1.6; use cert-manager.io/v1 (https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/)"}
}
