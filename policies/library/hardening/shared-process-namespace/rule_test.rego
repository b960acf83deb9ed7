package penstock.hardening.shared_process_namespace_test

import data.penstock.hardening.shared_process_namespace as rule
import data.penstock.lib.fixtures_test as fixtures

test_allow[note] if {
	some note, pod in {"missing": {}, "false": {"shareProcessNamespace": false}, "null": {"shareProcessNamespace": null}}
	rule.violation == set() with input as fixtures.deployment(pod)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"shareProcessNamespace": true})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"the containers of the pod share their processes (shareProcessNamespace)"}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
