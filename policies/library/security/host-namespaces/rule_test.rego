package penstock.security.host_namespaces_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.host_namespaces as rule

test_allow[note] if {
	some note, pod in {
		"missing": {}, "false": {"hostNetwork": false, "hostPID": false, "hostIPC": false},
		"null": {"hostNetwork": null}, "users": {"hostUsers": true}, "aliases": {"hostAliases": []},
	}
	rule.violation == set() with input as fixtures.deployment(pod)
}

test_deny[field] if {
	some field, what in {"hostNetwork": "network", "hostPID": "process IDs", "hostIPC": "IPC"}
	some value in [true, "true", 1]
	object := fixtures.deployment({field: value, "containers": null})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("the pod shares the %s of its node (%s)", [what, field])}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"hostNetwork": true, "hostPID": true, "hostIPC": true})
	violations := rule.violation with input as object
	count(violations) == 3
	fixtures.located(object, violations)
}

test_deny_on_windows if {
	count(rule.violation) == 1 with input as fixtures.deployment({"os": {"name": "windows"}, "hostNetwork": true})
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
