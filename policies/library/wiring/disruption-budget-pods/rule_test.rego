package penstock.wiring.disruption_budget_pods_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.disruption_budget_pods as rule

budget(selector) := fixtures.named("policy/v1", "PodDisruptionBudget", "web", {"spec": {"selector": selector}})

rendered := fixtures.inventory([fixtures.named("apps/v1", "StatefulSet", "web", {"spec": {"template": {"metadata": {"labels": {"app": "web"}}}}})])

test_allow[note] if {
	some note, selector in {"all": {}, "label": {"matchLabels": {"app": "web"}}, "null": null, "text": "app=x"}
	rule.violation == set() with input as budget(selector) with data.inventory as rendered
}

test_deny if {
	body := budget({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]})
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`PodDisruptionBudget "web" selects no pod of its namespace`}
	fixtures.located(body, violations)
}

test_allow_where_nothing_is_rendered if {
	rule.violation == set() with input as budget({"matchLabels": {"app": "api"}}) with data.inventory as fixtures.inventory([])
}

test_odd_types if {
	every body in fixtures.odd_specs("policy/v1", "PodDisruptionBudget", ["selector"]) {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
}
