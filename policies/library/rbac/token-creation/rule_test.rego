package penstock.rbac.token_creation_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.token_creation as rule

role(rule) := {"kind": "ClusterRole", "metadata": {"name": "web"}, "rules": [rule]}

test_allow[note] if {
	some note, entry in {
		"accounts": {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["create"]},
		"named": {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"], "resourceNames": ["a"]}, "null": null,
	}
	rule.violation == set() with input as role(entry)
}

test_deny[note] if {
	some note, case in {
		"token": [{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}, "create on serviceaccounts/token"],
		"approval": [{"apiGroups": ["certificates.k8s.io"], "resources": ["certificatesigningrequests/approval"], "verbs": ["update"]}, "update on certificatesigningrequests/approval"],
	}
	violations := rule.violation with input as role(case[0])
	fixtures.messages(violations) == {sprintf(`ClusterRole "web" grants %s`, [case[1]])}
	fixtures.located(role(case[0]), violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as role({"apiGroups": value, "resources": value, "verbs": value})
	}
}
