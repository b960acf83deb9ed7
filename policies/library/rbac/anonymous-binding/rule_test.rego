package penstock.rbac.anonymous_binding_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.anonymous_binding as rule

binding(role, subject) := {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"name": role}, "subjects": [subject]}

test_allow[note] if {
	some note, body in {
		"user": binding("view", {"kind": "User", "name": "ann"}), "discovery": binding("system:public-info-viewer", {"kind": "Group", "name": "system:unauthenticated"}),
		"null": binding("view", null), "no subjects": {"kind": "RoleBinding", "subjects": null},
	}
	rule.violation == set() with input as body
}

test_deny[name] if {
	some name in ["system:anonymous", "system:unauthenticated"]
	body := binding("view", {"kind": "User", "name": name})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf(`ClusterRoleBinding "b" grants view to %s`, [name])}
	fixtures.located(body, violations)
}

test_deny_a_role_without_a_name if count(rule.violation) == 1 with input as binding(null, {"name": "system:anonymous"})

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as object.union(binding(value, value), {"subjects": value})
		is_set(rule.violation) with input as binding("x", {"name": value})
	}
}
