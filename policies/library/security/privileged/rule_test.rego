package penstock.security.privileged_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.privileged as rule

test_allow[note] if {
	some note, context in {
		"null": null, "empty": {}, "false": {"privileged": false}, "privileged null": {"privileged": null},
		"text": "privileged",
	}
	rule.violation == set() with input as fixtures.secured(context)
	rule.violation == set() with input as fixtures.deployment({"securityContext": context, "containers": [{"name": "web"}]})
}

test_allow_without_a_security_context if {
	rule.violation == set() with input as fixtures.container({})
}

test_deny[note] if {
	some note, value in {"true": true, "text": "true", "no": "no", "number": 1, "list": [], "empty text": ""}
	object := fixtures.secured({"privileged": value})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" runs as privileged"}
	fixtures.located(object, violations)
	every v in violations {
		v.at == value
		v.path == ["spec", "template", "spec", "containers", 0, "securityContext", "privileged"]
		v.container == "web"
	}
}

test_deny_in_every_kind[kind] if {
	context := {"privileged": true}
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "securityContext": context}, {"name": "fine"}],
		"initContainers": [{"name": "b", "securityContext": context}],
		"ephemeralContainers": [{"name": "c", "securityContext": context}],
	})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {
		"container \"a\" runs as privileged",
		"init container \"b\" runs as privileged",
		"ephemeral container \"c\" runs as privileged",
	}
	fixtures.located(object, violations)
}

test_host_process_is_another_rules_business if {
	rule.violation == set() with input as fixtures.secured({"windowsOptions": {"hostProcess": true}})
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
