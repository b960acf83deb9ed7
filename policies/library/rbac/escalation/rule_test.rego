package penstock.rbac.escalation_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.escalation as rule

role(rule) := {"kind": "ClusterRole", "metadata": {"name": "web"}, "rules": [rule]}

test_allow[note] if {
	some note, entry in {
		"get": {"resources": ["roles"], "verbs": ["get"]}, "named": {"resources": ["clusterroles"], "verbs": ["bind"], "resourceNames": ["view"]},
		"wildcard": {"resources": ["roles"], "verbs": ["*"]}, "null": null,
	}
	rule.violation == set() with input as role(entry)
}

test_deny[verb] if {
	some verb in ["escalate", "bind", "impersonate"]
	body := role({"resources": ["clusterroles"], "verbs": ["get", verb]})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf(`ClusterRole "web" grants %s on clusterroles`, [verb])}
	fixtures.located(body, violations)
}

test_deny_text if count(rule.violation) == 1 with input as role({"resources": "users", "verbs": "impersonate"})

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as {"kind": "ClusterRole", "rules": value}
		is_set(rule.violation) with input as role({"resources": value, "verbs": value, "resourceNames": value})
	}
}
