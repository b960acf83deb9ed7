package penstock.security.privilege_escalation_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.privilege_escalation as rule

test_allow[note] if {
	some note, context in {"false": {"allowPrivilegeEscalation": false}, "with others": {"allowPrivilegeEscalation": false, "runAsUser": 1}}
	rule.violation == set() with input as fixtures.secured(context)
}

test_windows_is_spared_from_1_25[version] if {
	some version, found in {"1.8": 1, "1.24": 1, "1.25": 0, "1.36": 0, "": 0}
	object := fixtures.deployment({"os": {"name": "windows"}, "containers": [{"name": "web"}]})
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

test_deny_from_1_8[version] if {
	some version, found in {"1.0": 0, "1.7": 0, "1.8": 1, "1.36": 1, "": 1}
	count(rule.violation) == found with input as fixtures.at_version(fixtures.container({}), version)
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
