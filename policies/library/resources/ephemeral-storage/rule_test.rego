package penstock.resources.ephemeral_storage_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.ephemeral_storage as rule

test_allow[note] if {
	some note, value in {"text": "1Gi", "number": 1000000}
	rule.violation == set() with input as fixtures.container({"resources": {"limits": {"ephemeral-storage": value}}})
}

test_deny[note] if {
	some note, fields in {
		"missing": {}, "null": {"resources": null}, "no limits": {"resources": {}}, "other": {"resources": {"limits": {"memory": "1Gi"}}},
		"zero": {"resources": {"limits": {"ephemeral-storage": 0}}}, "request": {"resources": {"requests": {"ephemeral-storage": "1Gi"}}},
	}
	body := fixtures.container(fields)
	violations := rule.violation with input as body
	fixtures.messages(violations) == {`container "web" has no limit of ephemeral storage`}
	every v in violations {
		v.path == ["spec", "template", "spec", "containers", 0, "resources", "limits", "ephemeral-storage"]
	}
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
