package penstock.wiring.selector_labels_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.selector_labels as rule

workload(selector, labels) := fixtures.named("apps/v1", "Deployment", "web", {"spec": {
	"selector": selector,
	"template": {"metadata": {"labels": labels}},
}})

test_allow[note] if {
	some note, selector in {
		"label": {"matchLabels": {"app": "web"}}, "both": {"matchLabels": {"app": "web", "tier": "a"}},
		"expression": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
		"none": {}, "null": null, "null labels": {"matchLabels": null},
	}
	rule.violation == set() with input as workload(selector, {"app": "web", "tier": "a", "more": "x"})
}

test_deny[note] if {
	some note, labels in {"other": {"app": "api"}, "missing": {}, "null": null, "text": "app=web"}
	body := workload({"matchLabels": {"app": "web"}}, labels)
	violations := rule.violation with input as body
	fixtures.messages(violations) == {`Deployment "web" selects the label app=web, which its pods do not have`}
	fixtures.located(body, violations)
}

test_deny_expression[note] if {
	some note, expression in {
		"in": {"key": "app", "operator": "In", "values": ["api"]},
		"exists": {"key": "zone", "operator": "Exists"},
		"unknown operator": {"key": "app", "operator": "Like"},
	}
	body := workload({"matchExpressions": [expression]}, {"app": "web"})
	violations := rule.violation with input as body
	count(violations) == 1
	fixtures.located(body, violations)
}

test_deny_without_a_template if {
	body := fixtures.named("apps/v1", "Deployment", "web", {"spec": {"selector": {"matchLabels": {"app": "web"}}}})
	count(rule.violation) == 1 with input as body
}

test_odd_types if {
	every body in fixtures.odd_specs("apps/v1", "Deployment", ["selector", "template"]) {
		is_set(rule.violation) with input as body
	}
}
