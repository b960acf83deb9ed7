package penstock.rbac.broad_group_binding_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.broad_group_binding as rule

binding(role, subject) := {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"name": role}, "subjects": [subject], "review": {"parameters": {"roles": ["system:*"]}}}

test_allow[note] if {
	some note, body in {
		"group": binding("view", {"kind": "Group", "name": "team"}), "discovery": binding("system:discovery", {"kind": "Group", "name": "system:authenticated"}),
		"one namespace": binding("view", {"kind": "Group", "name": "system:serviceaccounts:shop"}), "null": binding("view", null),
	}
	rule.violation == set() with input as body
}

test_deny[name] if {
	some name in ["system:authenticated", "system:serviceaccounts", "system:masters"]
	body := binding("view", {"kind": "Group", "name": name})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf(`ClusterRoleBinding "b" grants view to %s`, [name])}
	fixtures.located(body, violations)
}

test_parameters[note] if {
	some note, parameters in {"undefined": {}, "null": {"roles": null}, "other": {"roles": ["view"]}}
	body := json.patch(binding("system:discovery", {"kind": "Group", "name": "system:authenticated"}), [{"op": "add", "path": "review/parameters", "value": parameters}])
	count(rule.violation) == 1 with input as body
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as object.union(binding(value, value), {"subjects": value, "roleRef": value})
		is_set(rule.violation) with input as binding("x", {"kind": "Group", "name": value})
	}
}
