package penstock.resources.cpu_limit_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.cpu_limit as rule

test_allow[note] if {
	some note, value in {"text": "1", "number": 2}
	rule.violation == set() with input as fixtures.container({"resources": {"limits": {"cpu": value}}})
}

test_allow_the_limit_of_the_pod if {
	rule.violation == set() with input as fixtures.deployment({"resources": {"limits": {"cpu": 2}}, "containers": [{}]})
}

test_deny[note] if {
	some note, fields in {"missing": {}, "null": {"resources": null}, "zero": {"resources": {"limits": {"cpu": 0}}}, "request": {"resources": {"requests": {"cpu": 1}}}}
	violations := rule.violation with input as fixtures.container(fields)
	fixtures.messages(violations) == {`container "web" has no CPU limit`}
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"containers": [{}], "initContainers": [{}], "ephemeralContainers": [{}]})
	violations := rule.violation with input as object
	count(violations) == 2
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
