package penstock.wiring.service_selector_unique_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.service_selector_unique as rule

service(name, spec) := fixtures.named("v1", "Service", name, {"spec": spec})

rendered := fixtures.inventory([
	service("web", {"selector": {"app": "web"}}),
	service("api", {"selector": {"app": "api"}}),
	service("bare", {}),
])

test_allow[note] if {
	some note, spec in {
		"own": {"selector": {"app": "x"}}, "headless": {"selector": {"app": "web"}, "clusterIP": "None"},
		"more": {"selector": {"app": "web", "tier": "a"}}, "none": {}, "empty": {"selector": {}}, "null": {"selector": null},
	}
	rule.violation == set() with input as service("new", spec) with data.inventory as rendered
}

test_allow_itself if {
	rule.violation == set() with input as service("web", {"selector": {"app": "web"}}) with data.inventory as rendered
}

test_deny if {
	body := service("new", {"selector": {"app": "web"}})
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`Service "new" selects the same pods as Service "web"`}
	fixtures.located(body, violations)
}

test_odd_types if {
	every body in fixtures.odd_specs("v1", "Service", ["selector", "clusterIP"]) {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
}
