package penstock.wiring.stateful_service_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.stateful_service as rule

stateful(spec) := fixtures.named("apps/v1", "StatefulSet", "db", {"spec": spec})

rendered := fixtures.inventory([
	fixtures.named("v1", "Service", "headless", {"spec": {"clusterIP": "None"}}),
	fixtures.named("v1", "Service", "plain", {"spec": {}}),
])

test_allow[note] if {
	some note, spec in {
		"headless": {"serviceName": "headless", "replicas": 3}, "one replica": {"serviceName": "plain", "replicas": 1},
		"replicas by default": {"serviceName": "plain"}, "none": {"replicas": 3}, "empty": {"serviceName": ""}, "null": {"serviceName": null},
	}
	rule.violation == set() with input as stateful(spec) with data.inventory as rendered
}

test_deny[note] if {
	some note, case in {
		"missing": [{"serviceName": "db"}, `the Service "db", which is not rendered`],
		"not headless": [{"serviceName": "plain", "replicas": 2}, `the Service "plain", which is not headless`],
	}
	violations := rule.violation with input as stateful(case[0]) with data.inventory as rendered
	fixtures.messages(violations) == {sprintf(`StatefulSet "db" names %s`, [case[1]])}
	fixtures.located(stateful(case[0]), violations)
}

test_odd_types if {
	every body in fixtures.odd_specs("apps/v1", "StatefulSet", ["serviceName", "replicas"]) {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
	every value in fixtures.odd_values {
		service := fixtures.named("v1", "Service", "plain", {"spec": value})
		is_set(rule.violation) with input as stateful({"serviceName": "plain", "replicas": 2}) with data.inventory as fixtures.inventory([service])
	}
}
