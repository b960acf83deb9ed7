package penstock.wiring.ingress_service_port_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.ingress_service_port as rule

to(port) := fixtures.named("networking.k8s.io/v1", "Ingress", "web", {"spec": {"rules": [{"http": {"paths": [{"backend": {"service": {
	"name": "web",
	"port": port,
}}}]}}]}})

service(ports) := fixtures.inventory([fixtures.named("v1", "Service", "web", {"spec": {"ports": ports}})])

ports := [{"name": "http", "port": 80, "targetPort": 8080}, {"port": 443}]

test_allow[note] if {
	some note, port in {"number": {"number": 80}, "without a name": {"number": 443}, "name": {"name": "http"}, "action": {"name": "use-annotation"}, "null": null, "empty": {}}
	rule.violation == set() with input as to(port) with data.inventory as service(ports)
}

test_deny[note] if {
	some note, case in {
		"target": [{"number": 8080}, 8080], "name": [{"name": "web"}, "web"],
		"number as text": [{"number": "80"}, "80"],
	}
	violations := rule.violation with input as to(case[0]) with data.inventory as service(ports)
	fixtures.messages(violations) == {sprintf(`Ingress "web" leads to the port %v of the Service "web", which has no such port`, [case[1]])}
	fixtures.located(to(case[0]), violations)
}

test_allow_without_the_service if {
	rule.violation == set() with input as to({"number": 1}) with data.inventory as fixtures.inventory([])
	rule.violation == set() with input as to({"number": 1})
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as to(value) with data.inventory as service(value)
		is_set(rule.violation) with input as to({"number": 1}) with data.inventory as service(value)
	}
}
