package penstock.reliability.port_conflict_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.port_conflict as rule

two(first, second) := {"containers": [{"name": "a", "ports": [first]}, {"name": "b", "ports": [second]}]}

test_allow[note] if {
	some note, pod in {
		"different": two({"containerPort": 80}, {"containerPort": 81}), "protocol": two({"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}),
		"init": {"containers": [{"ports": [{"containerPort": 80}]}], "initContainers": [{"ports": [{"containerPort": 80}]}]},
		"null": two(null, {"containerPort": null}),
	}
	rule.violation == set() with input as fixtures.deployment(pod)
}

test_deny if {
	body := fixtures.deployment(two({"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}))
	violations := rule.violation with input as body
	fixtures.messages(violations) == {`container "a" uses port 80, and so does container "b"`, `container "b" uses port 80, and so does container "a"`}
	fixtures.located(body, violations)
}

test_deny_a_sidecar if {
	pod := {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}], "initContainers": [{"name": "s", "restartPolicy": "Always", "ports": [{"containerPort": 80}]}]}
	every object in fixtures.wrapped(pod) {
		count(rule.violation) == 2 with input as object
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.deployment({"containers": [{"ports": value}, {"ports": [value, {"containerPort": value}]}]})
	}
}
