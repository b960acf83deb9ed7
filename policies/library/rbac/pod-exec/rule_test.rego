package penstock.rbac.pod_exec_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.pod_exec as rule

role(rule) := {"kind": "ClusterRole", "metadata": {"name": "web"}, "rules": [rule]}

test_allow[note] if {
	some note, entry in {
		"logs": {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}, "pods": {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]},
		"metrics": {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
		"wildcard": {"apiGroups": [""], "resources": ["*"], "verbs": ["create"]}, "null": null,
	}
	rule.violation == set() with input as role(entry)
}

test_deny[resource] if {
	some resource in ["pods/exec", "pods/attach", "pods/ephemeralcontainers", "nodes/proxy"]
	some verbs in [["create"], ["*"], ["get", "patch"]]
	body := role({"apiGroups": [""], "resources": [resource], "verbs": verbs})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf(`ClusterRole "web" grants %s`, [resource])}
	fixtures.located(body, violations)
}

test_deny_every_subresource if {
	count(rule.violation) == 3 with input as role({"apiGroups": [""], "resources": ["pods/*"], "verbs": ["create"]})
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as {"kind": "ClusterRole", "rules": value}
		is_set(rule.violation) with input as role({"apiGroups": value, "resources": value, "verbs": value})
	}
}
