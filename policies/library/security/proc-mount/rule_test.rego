package penstock.security.proc_mount_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.proc_mount as rule

test_allow[note] if {
	some note, context in {
		"null": null, "empty": {}, "default": {"procMount": "Default"}, "null value": {"procMount": null}, "text": "Unmasked",
	}
	rule.violation == set() with input as fixtures.secured(context)
}

test_the_context_of_the_pod_has_no_such_field if {
	object := fixtures.deployment({"securityContext": {"procMount": "Unmasked"}, "containers": [{"name": "web"}]})
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, value in {"unmasked": "Unmasked", "lower case": "default", "empty": "", "true": true}
	object := fixtures.secured({"procMount": value})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("container \"web\" mounts /proc as %v", [value])}
	fixtures.located(object, violations)
}

test_a_user_namespace_is_enough_from_1_35[version] if {
	some version, found in {"1.0": 1, "1.34": 1, "v1.34.9": 1, "1.35": 0, "1.36": 0, "": 0, "latest": 0}
	object := fixtures.deployment({"hostUsers": false, "containers": [{"name": "web", "securityContext": {"procMount": "Unmasked"}}]})
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

test_a_user_namespace_has_to_be_asked_for[note] if {
	some note, value in {"true": true, "null": null, "text": "false"}
	object := fixtures.deployment({"hostUsers": value, "containers": [{"name": "web", "securityContext": {"procMount": "Unmasked"}}]})
	count(rule.violation) == 1 with input as object
}

test_deny_a_container_without_a_name if {
	object := fixtures.deployment({"containers": [{"name": "", "securityContext": {"procMount": "Unmasked"}}]})
	count(rule.violation) == 1 with input as object
}

test_deny_in_every_kind[kind] if {
	context := {"procMount": "Unmasked"}
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
