package penstock.hardening.automount_token_test

import data.penstock.hardening.automount_token as rule
import data.penstock.lib.fixtures_test as fixtures

accounts(value) := fixtures.inventory([fixtures.named("v1", "ServiceAccount", "default", {"automountServiceAccountToken": value})])

test_allow if {
	rule.violation == set() with input as fixtures.deployment({"automountServiceAccountToken": false})
	rule.violation == set() with input as fixtures.deployment({}) with data.inventory as accounts(false)
	rule.violation == set() with input as {"kind": "Service", "spec": {}}
}

test_deny[note] if {
	some note, case in {
		"missing": [{}, true], "true": [{"automountServiceAccountToken": true}, false], "null": [{"automountServiceAccountToken": null}, null],
		"another account": [{"serviceAccountName": "web"}, false],
	}
	violations := rule.violation with input as fixtures.deployment(case[0]) with data.inventory as accounts(case[1])
	fixtures.messages(violations) == {"the pod gets a token of its service account"}
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"automountServiceAccountToken": true})
	violations := rule.violation with input as object
	count(violations) == 1
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
