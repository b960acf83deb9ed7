package penstock.change.service_type_test

import data.penstock.change.service_type as rule
import data.penstock.lib.fixtures_test as fixtures

body(before, after) := fixtures.changed("v1", "Service", {"spec": before}, {"spec": after})

test_allow[note] if {
	some note, case in {"same": [{"type": "NodePort"}, {"type": "NodePort"}], "default": [{}, {"type": "ClusterIP"}], "empty": [{"type": ""}, {}], "null": [null, {}]}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny[note] if {
	some note, case in {"opened": [{}, {"type": "LoadBalancer"}, "ClusterIP to LoadBalancer"], "closed": [{"type": "LoadBalancer"}, {"type": "ClusterIP"}, "LoadBalancer to ClusterIP"]}
	object := body(case[0], case[1])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`Service "web" goes from type %s`, [case[2]])}
	fixtures.located(object, violations)
}

test_deny_removed if {
	violations := rule.violation with input as body({"type": "LoadBalancer"}, {"ports": []})
	fixtures.messages(violations) == {`Service "web" goes from type LoadBalancer to ClusterIP`}
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value, {})
		is_set(rule.violation) with input as body({"type": value}, {"type": "NodePort"})
	}
}
