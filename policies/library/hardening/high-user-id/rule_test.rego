package penstock.hardening.high_user_id_test

import data.penstock.hardening.high_user_id as rule
import data.penstock.lib.fixtures_test as fixtures

test_allow[note] if {
	some note, context in {"high": {"runAsUser": 10001, "runAsGroup": 10000}, "none": {}, "null": null, "text": {"runAsUser": "1"}}
	rule.violation == set() with input as fixtures.secured(context)
}

test_deny[note] if {
	some note, case in {"user": [{"runAsUser": 1000}, "user 1000"], "group": [{"runAsGroup": 0}, "group 0"]}
	violations := rule.violation with input as fixtures.secured(case[0])
	fixtures.messages(violations) == {sprintf(`container "web" runs as %s, below 10000`, [case[1]])}
	fixtures.located(fixtures.secured(case[0]), violations)
}

test_deny_the_pod[kind] if {
	some kind, object in fixtures.wrapped({"securityContext": {"runAsUser": 1}, "containers": [{}], "initContainers": [{"securityContext": {"runAsUser": 20000}}], "ephemeralContainers": [{}]})
	violations := rule.violation with input as object
	count(violations) == 2
	fixtures.located(object, violations)
}

test_parameters[note] if {
	some note, case in {"less": [{"minimum": 500}, 0], "wrong": [{"minimum": "500"}, 1], "null": [{"minimum": null}, 1]}
	count(rule.violation) == case[1] with input as fixtures.with_parameters(fixtures.secured({"runAsUser": 1000}), case[0])
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
