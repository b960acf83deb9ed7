package penstock.wiring.secret_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.secret_exists as rule

rendered := fixtures.inventory([
	fixtures.named("v1", "Secret", "web", {}),
	fixtures.named("bitnami.com/v1alpha1", "SealedSecret", "sealed", {}),
	fixtures.named("external-secrets.io/v1", "ExternalSecret", "outer", {"spec": {"target": {"name": "vault"}}}),
	fixtures.named("cert-manager.io/v1", "Certificate", "tls", {"spec": {"secretName": "web-tls"}}),
])

reading(item) := fixtures.container({"envFrom": [item]})

test_allow[note] if {
	some note, item in {
		"rendered": {"secretRef": {"name": "web"}}, "optional": {"secretRef": {"name": "x", "optional": true}},
		"sealed": {"secretRef": {"name": "sealed"}}, "external": {"secretRef": {"name": "vault"}}, "certificate": {"secretRef": {"name": "web-tls"}},
		"config map": {"configMapRef": {"name": "x"}}, "null": null,
	}
	rule.violation == set() with input as reading(item) with data.inventory as rendered
}

test_deny if {
	body := reading({"secretRef": {"name": "api"}})
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`container "web" reads the Secret "api", which is not rendered`}
	fixtures.located(body, violations)
}

test_present[note] if {
	some note, case in {"listed": [{"present": ["a*"]}, 0], "none": [{}, 1], "null": [{"present": null}, 1]}
	body := fixtures.with_parameters(reading({"secretRef": {"name": "api"}}), case[0])
	count(rule.violation) == case[1] with input as body with data.inventory as rendered
}

test_odd_types if {
	every body in fixtures.odd {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
}
