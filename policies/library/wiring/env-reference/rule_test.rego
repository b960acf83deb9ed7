package penstock.wiring.env_reference_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.env_reference as rule

body(env) := fixtures.container({"env": env})

test_allow[note] if {
	some note, env in {
		"before": [{"name": "A", "value": "x"}, {"name": "B", "value": "$(A)/y"}],
		"from a field": [{"name": "A", "valueFrom": {"fieldRef": {}}}, {"name": "B", "value": "$(A)"}],
		"escaped": [{"name": "B", "value": "$$(A)"}], "shell": [{"name": "B", "value": "$A ${A}"}],
		"command": [{"name": "B", "value": "$(date +%s)"}],
		"of a service": [{"name": "B", "value": "$(WEB_SERVICE_HOST)"}], "none": [{"name": "B"}], "null": null,
	}
	rule.violation == set() with input as body(env)
}

test_allow_imports if {
	rule.violation == set() with input as fixtures.container({"envFrom": [{"configMapRef": {"name": "x"}}], "env": [{"name": "B", "value": "$(A)"}]})
}

test_deny[note] if {
	some note, env in {
		"nowhere": [{"name": "B", "value": "x$(A)"}], "after": [{"name": "B", "value": "$(A)"}, {"name": "A", "value": "x"}],
		"escaped dollar": [{"name": "B", "value": "$$$(A)"}],
	}
	violations := rule.violation with input as body(env)
	fixtures.messages(violations) == {`container "web" has the variable B, which refers to A; A is not defined before it`}
	fixtures.located(body(env), violations)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"initContainers": [{"name": "i", "env": [{"name": "B", "value": "$(B)"}]}]})
	count(rule.violation) == 1 with input as object
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.container({"envFrom": value, "env": [{"name": value, "value": "$(A)"}]})
	}
}
