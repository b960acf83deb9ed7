package penstock.wiring.config_map_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.config_map_exists as rule

rendered := fixtures.inventory([fixtures.named("v1", "ConfigMap", "web", {"data": {"mode": "fast"}})])

reading(item) := fixtures.container({"envFrom": [item]})

test_allow[note] if {
	some note, item in {
		"rendered": {"configMapRef": {"name": "web"}}, "optional": {"configMapRef": {"name": "x", "optional": true}},
		"secret": {"secretRef": {"name": "x"}}, "null": null, "empty": {},
	}
	rule.violation == set() with input as reading(item) with data.inventory as rendered
}

test_deny if {
	body := reading({"configMapRef": {"name": "api"}})
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`container "web" reads the ConfigMap "api", which is not rendered`}
	fixtures.located(body, violations)
}

test_deny_volume if {
	body := fixtures.deployment({"containers": [], "volumes": [{"name": "v", "configMap": {"name": "api"}}]})
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`volume "v" reads the ConfigMap "api", which is not rendered`}
	fixtures.located(body, violations)
}

test_present[note] if {
	some note, case in {"listed": [{"present": ["api"]}, 0], "pattern": [{"present": ["a*"]}, 0], "text": [{"present": "api"}, 0], "none": [{}, 1], "null": [{"present": null}, 1]}
	body := fixtures.with_parameters(reading({"configMapRef": {"name": "api"}}), case[0])
	count(rule.violation) == case[1] with input as body with data.inventory as rendered
}

test_allow_where_more_may_come if {
	release := fixtures.named("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", {})
	rule.violation == set() with input as reading({"configMapRef": {"name": "api"}}) with data.inventory as fixtures.inventory([release])
}

test_odd_types if {
	every body in fixtures.odd {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
}
