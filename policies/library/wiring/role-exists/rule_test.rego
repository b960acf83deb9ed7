package penstock.wiring.role_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.role_exists as rule

binding(ref) := fixtures.named("rbac.authorization.k8s.io/v1", "RoleBinding", "web", {"roleRef": ref})

rendered := fixtures.inventory([fixtures.named("rbac.authorization.k8s.io/v1", "Role", "web", {})])

test_allow[note] if {
	some note, ref in {
		"rendered": {"kind": "Role", "name": "web"}, "cluster role": {"kind": "ClusterRole", "name": "x"},
		"of the system": {"kind": "Role", "name": "system:controller:x"}, "aggregation": {"kind": "Role", "name": "extension-apiserver-authentication-reader"},
		"null": null, "empty": {}, "number": {"kind": "Role", "name": 1},
	}
	rule.violation == set() with input as binding(ref) with data.inventory as rendered
}

test_deny if {
	body := binding({"kind": "Role", "name": "api"})
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`RoleBinding "web" names the Role "api", which is not rendered`}
	fixtures.located(body, violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as binding(value) with data.inventory as rendered
		is_set(rule.violation) with input as binding({"kind": "Role", "name": value}) with data.inventory as rendered
	}
}
