package penstock.security.host_ports_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.host_ports as rule

ports(list) := fixtures.container({"ports": list})

test_allow[note] if {
	some note, list in {
		"null": null, "empty": [], "text": "8080", "no host port": [{"containerPort": 80}],
		"zero": [{"containerPort": 80, "hostPort": 0}], "null port": [{"containerPort": 80, "hostPort": null}],
	}
	rule.violation == set() with input as ports(list)
}

test_ports_of_the_host_network_are_not_its_business if {
	object := fixtures.deployment({"hostNetwork": true, "containers": [{"name": "web", "ports": [{"containerPort": 80}]}]})
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, value in {"number": 8080, "one": 1, "text": "8080", "true": true}
	object := ports([{"containerPort": 80}, {"containerPort": 81, "hostPort": value}])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("container \"web\" takes the port %v of its node", [value])}
	fixtures.located(object, violations)
	{v.path | some v in violations} == {["spec", "template", "spec", "containers", 0, "ports", 1, "hostPort"]}
}

test_allowed if {
	object := ports([{"hostPort": 80}, {"hostPort": 8080}])
	violations := rule.violation with input as fixtures.with_parameters(object, {"allowed": [80, 443]})
	fixtures.messages(violations) == {"container \"web\" takes the port 8080 of its node"}
}

test_parameters_of_no_use_allow_nothing[note] if {
	some note, parameters in {"undefined": {}, "null": {"allowed": null}, "number": {"allowed": 80}, "object": {"allowed": {"a": 80}}}
	count(rule.violation) == 1 with input as fixtures.with_parameters(ports([{"hostPort": 80}]), parameters)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "ports": [{"hostPort": 1}]}, {"name": "fine", "ports": [{"containerPort": 1}]}],
		"initContainers": [{"name": "b", "ports": [{"hostPort": 2}]}],
		"ephemeralContainers": [{"name": "c", "ports": [{"hostPort": 3}]}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == {"a", "b", "c"}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
