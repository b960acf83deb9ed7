package penstock.resources.memory_limit_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.memory_limit as rule

test_allow[note] if {
	some note, limits in {"quantity": {"memory": "1Gi"}, "number": {"memory": 1000000}, "with cpu": {"cpu": 1, "memory": "1Gi"}}
	rule.violation == set() with input as fixtures.container({"resources": {"limits": limits}})
}

test_deny[note] if {
	some note, fields in {
		"missing": {}, "null": {"resources": null}, "text": {"resources": "1Gi"},
		"only requests": {"resources": {"requests": {"memory": "1Gi"}}},
		"only cpu": {"resources": {"limits": {"cpu": 1}}},
		"limits null": {"resources": {"limits": null}}, "limits text": {"resources": {"limits": "1Gi"}},
		"zero": {"resources": {"limits": {"memory": 0}}}, "empty": {"resources": {"limits": {"memory": ""}}},
	}
	object := fixtures.container(fields)
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" has no memory limit"}
	fixtures.located(object, violations)
}

test_pod_level_limit if {
	object := fixtures.deployment({"resources": {"limits": {"memory": "1Gi"}}, "containers": [{"name": "web"}]})
	rule.violation == set() with input as object
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}],
		"initContainers": [{"name": "b"}],
		"ephemeralContainers": [{"name": "c"}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == {"a", "b"}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
