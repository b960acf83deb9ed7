package penstock.network.service_exposure_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.service_exposure as rule

service(spec) := {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}

test_allow[note] if {
	some note, spec in {
		"no type": {}, "ClusterIP": {"type": "ClusterIP"}, "ExternalName": {"type": "ExternalName"}, "null": null,
		"type null": {"type": null}, "text": "LoadBalancer", "no external IPs": {"externalIPs": []},
		"external IPs null": {"externalIPs": null}, "external IPs text": {"externalIPs": "1.2.3.4"},
	}
	rule.violation == set() with input as service(spec)
}

test_deny[type] if {
	some type in ["LoadBalancer", "NodePort"]
	body := service({"type": type, "ports": [{"port": 80}]})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf("Service \"web\" is exposed as %s", [type])}
	fixtures.located(body, violations)
}

test_deny_external_ips if {
	body := service({"externalIPs": ["192.0.2.1"]})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {"Service \"web\" takes over external IPs"}
	fixtures.located(body, violations)
}

test_allowed[pattern] if {
	some pattern in ["shop/web", "shop/*", "*/web", "**"]
	body := service({"type": "LoadBalancer", "externalIPs": ["192.0.2.1"]})
	rule.violation == set() with input as fixtures.with_parameters(body, {"allowed": ["x/y", pattern]})
}

test_not_allowed[note] if {
	some note, parameters in {
		"undefined": {}, "null": {"allowed": null}, "empty": {"allowed": []}, "number": {"allowed": 1},
		"another": {"allowed": ["shop/api"]}, "name alone": {"allowed": ["web"]}, "another namespace": {"allowed": ["x/*"]},
	}
	body := service({"type": "NodePort"})
	count(rule.violation) == 1 with input as fixtures.with_parameters(body, parameters)
}

test_allowed_without_a_namespace if {
	body := {"kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "NodePort"}}
	rule.violation == set() with input as fixtures.with_parameters(body, {"allowed": ["default/web"]})
	count(rule.violation) == 1 with input as fixtures.with_parameters(body, {"allowed": ["shop/web"]})
}
