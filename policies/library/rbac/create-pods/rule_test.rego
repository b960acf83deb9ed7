package penstock.rbac.create_pods_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.create_pods as rule

role(rule) := {"kind": "ClusterRole", "metadata": {"name": "web"}, "rules": [rule]}

test_allow[note] if {
	some note, entry in {
		"get": {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
		"logs": {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["create"]},
		"other group": {"apiGroups": ["apps"], "resources": ["jobs"], "verbs": ["create"]}, "null": null,
	}
	rule.violation == set() with input as role(entry)
}

test_deny[note] if {
	some note, case in {
		"pods": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}, "pods"],
		"jobs": [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["*"]}, "jobs"],
		"workload": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}, "deployments"],
	}
	violations := rule.violation with input as role(case[0])
	fixtures.messages(violations) == {sprintf(`ClusterRole "web" grants create on %s`, [case[1]])}
	fixtures.located(role(case[0]), violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as {"kind": "ClusterRole", "rules": value}
		is_set(rule.violation) with input as role({"apiGroups": value, "resources": value, "verbs": value})
	}
}
