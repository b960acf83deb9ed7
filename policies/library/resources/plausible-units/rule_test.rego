package penstock.resources.plausible_units_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.plausible_units as rule

body(field, resources) := fixtures.container({"resources": {field: resources}})

test_allow[note] if {
	some note, resources in {
		"usual": {"cpu": "500m", "memory": "512Mi"}, "cores": {"cpu": 64}, "bytes": {"memory": 134217728}, "none": {}, "null": null,
		"zero": {"memory": 0}, "unreadable": {"memory": "lots"}, "storage": {"ephemeral-storage": "1"},
	}
	rule.violation == set() with input as body("limits", resources)
}

test_deny[note] if {
	some note, case in {
		"milli-bytes": [{"memory": "512m"}, "512m of memory in its limits, too little for any process"],
		"bytes": [{"memory": "512"}, "512 of memory in its limits, too little for any process"],
		"number": [{"memory": 512}, "512 of memory in its limits, too little for any process"],
		"cores": [{"cpu": 500}, "500 of cpu in its limits, more than any node has"],
		"kilo-cores": [{"cpu": "1k"}, "1k of cpu in its limits, more than any node has"],
	}
	violations := rule.violation with input as body("limits", case[0])
	fixtures.messages(violations) == {sprintf(`container "web" has %s`, [case[1]])}
	fixtures.located(body("limits", case[0]), violations)
}

test_parameters[note] if {
	some note, case in {
		"more": [{"minimum_memory": "1Gi"}, "512Mi", 1], "less": [{"minimum_memory": "1"}, "512", 0], "cpu": [{"maximum_cpu": 1}, "512Mi", 1],
		"undefined": [{}, "512m", 1], "wrong": [{"minimum_memory": 4, "maximum_cpu": "x"}, "512m", 1],
	}
	object := fixtures.with_parameters(body("requests", {"memory": case[1], "cpu": 2}), case[0])
	count(rule.violation) == case[2] with input as object
}

test_init_containers if {
	pod := {"initContainers": [{"resources": {"limits": {"memory": "1m"}}}], "ephemeralContainers": [{"resources": {"limits": {"memory": "1m"}}}]}
	every object in fixtures.wrapped(pod) {
		count(rule.violation) == 1 with input as object
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body("limits", {"memory": value, "cpu": value})
	}
}
