package penstock.rbac.webhook_configuration_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.webhook_configuration as rule

role(rule) := {"kind": "ClusterRole", "metadata": {"name": "web"}, "rules": [rule]}

on(resource, verbs) := {"apiGroups": ["admissionregistration.k8s.io"], "resources": [resource], "verbs": verbs}

test_allow[note] if {
	some note, entry in {
		"read": on("mutatingwebhookconfigurations", ["get", "list"]), "null": null,
		"named": object.union(on("mutatingwebhookconfigurations", ["update"]), {"resourceNames": ["mine"]}),
	}
	rule.violation == set() with input as role(entry)
}

test_deny[resource] if {
	some resource in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations", "validatingadmissionpolicies"]
	body := role(on(resource, ["update", "patch"]))
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf(`ClusterRole "web" grants writing %s`, [resource])}
	fixtures.located(body, violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as {"kind": "ClusterRole", "rules": value}
		is_set(rule.violation) with input as role({"apiGroups": value, "resources": value, "verbs": value})
	}
}
