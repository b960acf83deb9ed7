package penstock.security.drop_all_capabilities_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.drop_all_capabilities as rule

test_allow[note] if {
	some note, context in {"all": {"capabilities": {"drop": ["ALL"]}}, "and another": {"capabilities": {"drop": ["NET_RAW", "ALL"], "add": ["NET_BIND_SERVICE"]}}}
	rule.violation == set() with input as fixtures.secured(context)
}

test_allow_on_windows if {
	object := fixtures.deployment({"os": {"name": "windows"}, "containers": [{"name": "web"}]})
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, fields in {"missing": {}, "null": {"securityContext": null}, "text": {"securityContext": "x"}, "empty": {"securityContext": {}}, "null capabilities": {"securityContext": {"capabilities": null}}, "empty capabilities": {"securityContext": {"capabilities": {}}}, "null drop": {"securityContext": {"capabilities": {"drop": null}}}, "text drop": {"securityContext": {"capabilities": {"drop": "ALL"}}}, "lower case": {"securityContext": {"capabilities": {"drop": ["all"]}}}, "others": {"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}}
	object := fixtures.container(fields)
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" does not drop all capabilities"}
	fixtures.located(object, violations)
}

test_pod_context_does_not_count if {
	object := fixtures.deployment({"securityContext": {"capabilities": {"drop": ["ALL"]}}, "containers": [{"name": "web"}]})
	count(rule.violation) == 1 with input as object
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}, {"name": "fine", "securityContext": {"capabilities": {"drop": ["ALL"]}}}],
		"initContainers": [{"name": "b", "securityContext": null}],
		"ephemeralContainers": [{"name": "c", "securityContext": {}}],
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
