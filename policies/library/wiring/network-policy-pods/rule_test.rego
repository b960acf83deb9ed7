package penstock.wiring.network_policy_pods_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.network_policy_pods as rule

policy(selector) := fixtures.named("networking.k8s.io/v1", "NetworkPolicy", "web", {"spec": {"podSelector": selector}})

rendered := fixtures.inventory([fixtures.named("apps/v1", "Deployment", "web", {"spec": {"template": {"metadata": {"labels": {"app": "web"}}}}})])

test_allow[note] if {
	some note, selector in {"all": {}, "label": {"matchLabels": {"app": "web"}}, "null": null, "text": "app=x"}
	rule.violation == set() with input as policy(selector) with data.inventory as rendered
}

test_deny if {
	body := policy({"matchLabels": {"app": "api"}})
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`NetworkPolicy "web" selects no pod of its namespace`}
	fixtures.located(body, violations)
}

test_allow_where_nothing_is_rendered if {
	rule.violation == set() with input as policy({"matchLabels": {"app": "api"}}) with data.inventory as fixtures.inventory([])
}

test_odd_types if {
	every body in fixtures.odd_specs("networking.k8s.io/v1", "NetworkPolicy", ["podSelector"]) {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
}
