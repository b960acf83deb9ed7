package penstock.rbac.secrets_access_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.secrets_access as rule

role(rule) := {"kind": "ClusterRole", "metadata": {"name": "web"}, "rules": [rule]}

test_allow[note] if {
	some note, entry in {
		"named": {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["tls"]},
		"create": {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
		"other": {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
		"other group": {"apiGroups": ["example.com"], "resources": ["secrets"], "verbs": ["get"]},
		"null": null, "empty": {},
	}
	rule.violation == set() with input as role(entry)
}

test_deny[note] if {
	some note, entry in {
		"get": {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
		"every resource": {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]},
		"text": {"apiGroups": "", "resources": "secrets", "verbs": "get"},
		"no names": {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": []},
	}
	violations := rule.violation with input as role(entry)
	fixtures.messages(violations) == {`ClusterRole "web" grants get on all secrets`}
	fixtures.located(role(entry), violations)
}

test_deny_every_verb if {
	count(rule.violation) == 3 with input as role({"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]})
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as {"kind": "Role", "rules": value}
		is_set(rule.violation) with input as role({"apiGroups": value, "resources": value, "verbs": value, "resourceNames": value})
	}
}
