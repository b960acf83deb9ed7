package penstock.network.remote_shell_port_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.remote_shell_port as rule

container(port) := fixtures.container({"ports": [port]})

service(port) := fixtures.named("v1", "Service", "web", {"spec": {"ports": [port]}})

test_allow[note] if {
	some note, object in {"http": container({"containerPort": 80}), "null": container(null), "target": service({"port": 80, "targetPort": 22}), "text": container({"containerPort": "22"})}
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, case in {
		"container": [container({"containerPort": 22}), `container "web" has port 22, which is for remote shells`],
		"service": [service({"port": 3389}), `Service "web" has port 3389, which is for remote shells`],
	}
	violations := rule.violation with input as case[0]
	fixtures.messages(violations) == {case[1]}
	fixtures.located(case[0], violations)
}

test_parameters[note] if {
	some note, case in {"allowed": [{"allowed": ["shop/*"]}, 0], "other ports": [{"ports": [80]}, 0], "null": [{"ports": null, "allowed": null}, 1]}
	count(rule.violation) == case[1] with input as fixtures.with_parameters(service({"port": 22}), case[0])
}

test_odd_types if {
	every object in array.concat(fixtures.odd_specs("v1", "Service", ["ports"]), [o | some o in fixtures.odd]) {
		is_set(rule.violation) with input as object
	}
}
