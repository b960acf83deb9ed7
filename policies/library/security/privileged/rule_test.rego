package penstock.security.privileged_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.privileged as rule

test_allow[note] if {
	some note, context in {
		"null": null, "empty": {}, "false": {"privileged": false}, "privileged null": {"privileged": null},
		"text": "privileged", "windows": {"windowsOptions": {"hostProcess": false}}, "windows null": {"windowsOptions": null},
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

test_deny_host_process_of_a_container if {
	object := fixtures.secured({"windowsOptions": {"hostProcess": true}})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" runs as a Windows HostProcess container"}
	fixtures.located(object, violations)
}

test_deny_host_process_of_a_pod if {
	object := fixtures.deployment({"securityContext": {"windowsOptions": {"hostProcess": "yes"}}, "containers": []})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"the pod runs as Windows HostProcess containers"}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
