package penstock.wiring.route_service_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.route_service as rule

route(ref) := fixtures.named("gateway.networking.k8s.io/v1", "HTTPRoute", "web", {"spec": {"rules": [{"backendRefs": [ref]}]}})

rendered := fixtures.inventory([
	fixtures.named("v1", "Service", "web", {"spec": {"ports": [{"port": 80}]}}),
	{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "other"}, "spec": {"ports": [{"port": 90}]}},
	{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "bare"}, "spec": {"ports": [{"port": 70}]}},
])

test_allow[note] if {
	some note, ref in {
		"port": {"name": "web", "port": 80}, "no port": {"name": "web"}, "kind": {"kind": "Service", "name": "web", "port": 80},
		"other kind": {"kind": "ServiceImport", "group": "multicluster.x-k8s.io", "name": "x"},
		"namespace": {"name": "api", "namespace": "other", "port": 90}, "null": null, "empty": {},
	}
	rule.violation == set() with input as route(ref) with data.inventory as rendered
}

test_deny[note] if {
	some note, case in {
		"missing": [{"name": "api", "port": 80}, `the Service "api", which is not rendered`],
		"elsewhere": [{"name": "web", "namespace": "other"}, `the Service "web", which is not rendered`],
		"port": [{"name": "web", "port": 90}, `the port 90 of the Service "web", which has no such port`],
	}
	violations := rule.violation with input as route(case[0]) with data.inventory as rendered
	fixtures.messages(violations) == {sprintf("HTTPRoute %q leads to %s", ["web", case[1]])}
	fixtures.located(route(case[0]), violations)
}

test_without_a_namespace if {
	bare := json.remove(route({"name": "bare", "port": 71}), ["metadata/namespace"])
	violations := rule.violation with input as bare with data.inventory as rendered
	fixtures.messages(violations) == {`HTTPRoute "web" leads to the port 71 of the Service "bare", which has no such port`}
}

test_odd_types if {
	every body in fixtures.odd_specs("gateway.networking.k8s.io/v1", "HTTPRoute", ["rules"]) {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as route(value) with data.inventory as rendered
		is_set(rule.violation) with input as route({"name": value, "namespace": value, "port": value}) with data.inventory as rendered
	}
}
