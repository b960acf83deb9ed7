package penstock.wiring.service_account_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.service_account_exists as rule

rendered := fixtures.inventory([fixtures.named("v1", "ServiceAccount", "web", {})])

test_allow[note] if {
	some note, pod in {
		"rendered": {"serviceAccountName": "web"}, "default": {"serviceAccountName": "default"}, "empty": {"serviceAccountName": ""},
		"none": {}, "null": {"serviceAccountName": null},
	}
	rule.violation == set() with input as fixtures.deployment(pod) with data.inventory as rendered
}

test_deny if {
	body := fixtures.deployment({"serviceAccountName": "api"})
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`the pod uses the service account "api", which is not rendered`}
	fixtures.located(body, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, body in fixtures.wrapped({"serviceAccountName": "api"})
	violations := rule.violation with input as body with data.inventory as rendered
	count(violations) == 1
	fixtures.located(body, violations)
}

test_allow_where_more_may_come if {
	release := fixtures.named("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", {})
	rule.violation == set() with input as fixtures.deployment({"serviceAccountName": "api"}) with data.inventory as fixtures.inventory([release])
}

test_odd_types if {
	every body in fixtures.odd {
		is_set(rule.violation) with input as body
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.deployment({"serviceAccountName": value})
	}
}
