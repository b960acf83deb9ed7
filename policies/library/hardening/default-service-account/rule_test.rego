package penstock.hardening.default_service_account_test

import data.penstock.hardening.default_service_account as rule
import data.penstock.lib.fixtures_test as fixtures

test_allow[note] if {
	some note, pod in {"own": {"serviceAccountName": "web"}, "no token": {"automountServiceAccountToken": false}}
	rule.violation == set() with input as fixtures.deployment(pod)
}

test_deny[note] if {
	some note, pod in {"missing": {}, "default": {"serviceAccountName": "default"}, "empty": {"serviceAccountName": ""}, "null": {"serviceAccountName": null}}
	every object in fixtures.wrapped(pod) {
		violations := rule.violation with input as object
		fixtures.messages(violations) == {"the pod runs as the default service account"}
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
