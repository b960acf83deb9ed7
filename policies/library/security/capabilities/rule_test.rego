package penstock.security.capabilities_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.capabilities as rule

adding(capabilities) := fixtures.secured({"capabilities": {"add": capabilities}})

test_allow_the_baseline if {
	baseline := [
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
		"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
	]
	rule.violation == set() with input as adding(baseline)
}

test_allow[note] if {
	some note, context in {
		"null": null, "empty": {}, "no list": {"capabilities": {}}, "null list": {"capabilities": {"add": null}},
		"only dropped": {"capabilities": {"drop": ["ALL", "SYS_ADMIN"]}}, "text": {"capabilities": "SYS_ADMIN"},
	}
	rule.violation == set() with input as fixtures.secured(context)
}

test_deny[capability] if {
	some capability in [
		"SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE", "ALL", "BPF", "chown", "CAP_CHOWN", "", " CHOWN",
	]
	object := adding(["CHOWN", capability])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("container \"web\" adds the capability %s", [capability])}
	fixtures.located(object, violations)
	{v.path[count(v.path) - 1] | some v in violations} == {1}
}

test_deny_a_string_in_place_of_a_list if {
	object := adding("SYS_ADMIN")
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" adds the capability SYS_ADMIN"}
	fixtures.located(object, violations)
}

test_deny_other_types[note] if {
	some note, capabilities in {"number": [1], "null": [null], "object": {"a": "SYS_ADMIN"}}
	count(rule.violation) == 1 with input as adding(capabilities)
}

test_allowed if {
	object := adding(["SYS_TIME", "SYS_ADMIN"])
	violations := rule.violation with input as fixtures.with_parameters(object, {"allowed": ["SYS_TIME"]})
	fixtures.messages(violations) == {"container \"web\" adds the capability SYS_ADMIN"}
}

test_parameters_of_no_use_allow_nothing[note] if {
	some note, parameters in {"undefined": {}, "null": {"allowed": null}, "number": {"allowed": 1}, "object": {"allowed": {"a": "SYS_TIME"}}}
	count(rule.violation) == 1 with input as fixtures.with_parameters(adding(["SYS_TIME"]), parameters)
}

test_deny_in_every_kind[kind] if {
	context := {"capabilities": {"add": ["SYS_ADMIN"]}}
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "securityContext": context}],
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
