package penstock.reliability.probe_port_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.probe_port as rule

body(handler) := fixtures.container({"ports": [{"name": "http", "containerPort": 80}, null], "readinessProbe": handler})

test_allow[note] if {
	some note, handler in {
		"name": {"httpGet": {"port": "http"}}, "number": {"tcpSocket": {"port": 90}}, "number as text": {"httpGet": {"port": "90"}},
		"exec": {"exec": {}}, "null": null, "no port": {"httpGet": {}},
	}
	rule.violation == set() with input as body(handler)
}

test_deny[note] if {
	some note, handler in {"http": {"httpGet": {"port": "web"}}, "tcp": {"tcpSocket": {"port": "web"}}}
	violations := rule.violation with input as body(handler)
	fixtures.messages(violations) == {`container "web" has a readinessProbe on the port "web", which it does not have`}
	fixtures.located(body(handler), violations)
}

test_deny_every_probe[probe] if {
	some probe in ["livenessProbe", "readinessProbe", "startupProbe"]
	every object in fixtures.wrapped({"initContainers": [{probe: {"httpGet": {"port": "x"}}}]}) {
		count(rule.violation) == 1 with input as object
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.container({"ports": value, "livenessProbe": {"httpGet": {"port": value}}})
	}
}
