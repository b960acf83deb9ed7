package penstock.rbac.default_account_binding_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.default_account_binding as rule

binding(subject) := {"kind": "RoleBinding", "metadata": {"name": "b"}, "roleRef": {"name": "view"}, "subjects": [subject]}

test_allow[note] if {
	some note, subject in {"own": {"kind": "ServiceAccount", "name": "web"}, "user": {"kind": "User", "name": "default"}, "null": null}
	rule.violation == set() with input as binding(subject)
}

test_deny[note] if {
	some note, case in {"namespace": [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}, "shop"], "none": [{"kind": "ServiceAccount", "name": "default"}, "its namespace"]}
	violations := rule.violation with input as binding(case[0])
	fixtures.messages(violations) == {sprintf(`RoleBinding "b" grants view to the default service account of %s`, [case[1]])}
	fixtures.located(binding(case[0]), violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as object.union(binding(value), {"subjects": value, "roleRef": value})
	}
}
