package penstock.security.windows_host_process_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.windows_host_process as rule

test_allow[note] if {
	some note, context in {
		"null": null, "empty": {}, "text": "hostProcess", "null options": {"windowsOptions": null}, "text options": {"windowsOptions": "x"},
		"false": {"windowsOptions": {"hostProcess": false}}, "null value": {"windowsOptions": {"hostProcess": null}},
		"others": {"windowsOptions": {"runAsUserName": "ContainerUser"}},
	}
	rule.violation == set() with input as fixtures.secured(context)
	rule.violation == set() with input as fixtures.deployment({"securityContext": context, "containers": [{"name": "web"}]})
}

test_deny[note] if {
	some note, value in {"true": true, "text": "true", "number": 1}
	object := fixtures.secured({"windowsOptions": {"hostProcess": value}})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" runs as Windows HostProcess"}
	fixtures.located(object, violations)
}

test_deny_of_a_pod if {
	object := fixtures.deployment({"securityContext": {"windowsOptions": {"hostProcess": "yes"}}, "containers": []})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"the pod runs as Windows HostProcess"}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	context := {"windowsOptions": {"hostProcess": true}}
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "securityContext": context}, {"name": "fine"}],
		"initContainers": [{"name": "b", "securityContext": context}],
		"ephemeralContainers": [{"name": "c", "securityContext": context}],
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
