package penstock.wiring.ingress_service_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.ingress_service as rule

ingress(spec) := fixtures.named("networking.k8s.io/v1", "Ingress", "web", {"spec": spec})

to(service) := {"rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/", "backend": {"service": service}}]}}]}

rendered := fixtures.inventory([fixtures.named("v1", "Service", "web", {"spec": {"ports": [{"name": "http", "port": 80}]}})])

test_allow[note] if {
	some note, spec in {
		"service": to({"name": "web", "port": {"number": 80}}), "none": {}, "default": {"defaultBackend": {"service": {"name": "web"}}},
		"resource": {"defaultBackend": {"resource": {"kind": "Bucket", "name": "static"}}},
		"action of a controller": to({"name": "ssl-redirect", "port": {"name": "use-annotation"}}),
	}
	rule.violation == set() with input as ingress(spec) with data.inventory as rendered
}

test_deny[note] if {
	some note, spec in {"path": to({"name": "api"}), "default": {"defaultBackend": {"service": {"name": "api"}}}}
	violations := rule.violation with input as ingress(spec) with data.inventory as rendered
	fixtures.messages(violations) == {`Ingress "web" leads to the Service "api", which is not rendered`}
	fixtures.located(ingress(spec), violations)
}

test_deny_without_an_inventory if {
	count(rule.violation) == 1 with input as ingress(to({"name": "api"}))
}

test_allow_where_more_may_come if {
	kafka := fixtures.named("kafka.strimzi.io/v1beta2", "Kafka", "k", {})
	rule.violation == set() with input as ingress(to({"name": "api"})) with data.inventory as fixtures.inventory([kafka])
}

test_odd_types if {
	every body in fixtures.odd_specs("networking.k8s.io/v1", "Ingress", ["rules", "defaultBackend"]) {
		is_set(rule.violation) with input as body
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as ingress({"rules": [{"http": value}, {"http": {"paths": value}}, {"http": {"paths": [{"backend": value}]}}]})
		is_set(rule.violation) with input as ingress(to(value))
	}
}
