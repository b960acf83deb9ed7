package penstock.wiring.service_target_port_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.service_target_port as rule

service(port) := fixtures.named("v1", "Service", "web", {"spec": {"selector": {"app": "web"}, "ports": [port]}})

workload(name, spec) := fixtures.named("apps/v1", "Deployment", name, {"spec": {"template": {
	"metadata": {"labels": {"app": "web"}},
	"spec": spec,
}}})

serving := workload("web", {"containers": [{"name": "web", "ports": [{"name": "http", "containerPort": 80}]}]})

test_allow[note] if {
	some note, port in {
		"name": {"targetPort": "http"}, "number": {"targetPort": 8080}, "number as text": {"targetPort": "8080"},
		"none": {"port": 80}, "null": {"targetPort": null},
	}
	rule.violation == set() with input as service(port) with data.inventory as fixtures.inventory([serving])
}

test_allow_what_another_pod_has if {
	other := workload("api", {"containers": [{"name": "api"}]})
	rule.violation == set() with input as service({"targetPort": "http"}) with data.inventory as fixtures.inventory([serving, other])
}

test_allow_the_port_of_a_sidecar if {
	sidecar := workload("web", {"containers": [{"name": "a"}], "initContainers": [{"name": "b", "ports": [{"name": "http"}]}]})
	rule.violation == set() with input as service({"targetPort": "http"}) with data.inventory as fixtures.inventory([sidecar])
}

test_allow_without_pods if {
	rule.violation == set() with input as service({"targetPort": "web"}) with data.inventory as fixtures.inventory([])
	rule.violation == set() with input as service({"targetPort": "web"}) with data.inventory as fixtures.inventory([workload("web", {})])
}

test_deny if {
	body := service({"targetPort": "web"})
	violations := rule.violation with input as body with data.inventory as fixtures.inventory([serving])
	fixtures.messages(violations) == {`Service "web" targets the port "web", which no container of its pods has`}
	fixtures.located(body, violations)
}

test_odd_types if {
	every body in fixtures.odd_specs("v1", "Service", ["ports", "selector"]) {
		is_set(rule.violation) with input as body with data.inventory as fixtures.inventory([serving])
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as service({"targetPort": "x"})
			with data.inventory as fixtures.inventory([workload("web", {"containers": value})])
	}
}
