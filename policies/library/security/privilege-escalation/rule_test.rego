package penstock.security.privilege_escalation_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.privilege_escalation as rule

test_allow[note] if {
	some note, context in {"false": {"allowPrivilegeEscalation": false}, "with others": {"allowPrivilegeEscalation": false, "runAsUser": 1}}
	rule.violation == set() with input as fixtures.secured(context)
}

test_allow_on_windows if {
	object := fixtures.deployment({"os": {"name": "windows"}, "containers": [{"name": "web"}]})
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, fields in {"missing": {}, "null": {"securityContext": null}, "text": {"securityContext": "x"}, "empty": {"securityContext": {}}, "true": {"securityContext": {"allowPrivilegeEscalation": true}}, "text false": {"securityContext": {"allowPrivilegeEscalation": "false"}}, "null value": {"securityContext": {"allowPrivilegeEscalation": null}}, "zero": {"securityContext": {"allowPrivilegeEscalation": 0}}}
	object := fixtures.container(fields)
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" allows privilege escalation"}
	fixtures.located(object, violations)
}

test_pod_context_does_not_count if {
	object := fixtures.deployment({"securityContext": {"allowPrivilegeEscalation": false}, "containers": [{"name": "web"}]})
	count(rule.violation) == 1 with input as object
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}, {"name": "fine", "securityContext": {"allowPrivilegeEscalation": false}}],
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
