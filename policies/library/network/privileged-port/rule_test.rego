package penstock.network.privileged_port_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.privileged_port as rule

test_allow[note] if {
	some note, port in {"high": {"containerPort": 1024}, "null": null, "text": {"containerPort": "80"}, "none": {}}
	rule.violation == set() with input as fixtures.container({"ports": [port]})
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"initContainers": [{"name": "i", "ports": [{"containerPort": 1023}]}]})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {`init container "i" listens on the privileged port 1023`}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
