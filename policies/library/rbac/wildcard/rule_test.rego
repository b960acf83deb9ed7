package penstock.rbac.wildcard_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.wildcard as rule

role(kind, rules) := {"kind": kind, "metadata": {"name": "r"}, "rules": rules}

granting(groups, resources, verbs) := {"apiGroups": groups, "resources": resources, "verbs": verbs}

test_allow[note] if {
	some note, rules in {
		"null": null, "empty": [], "text": "all", "rule null": [null],
		"listed": [granting(["", "apps"], ["pods", "deployments"], ["get", "list"])],
		"all groups": [granting(["*"], ["pods"], ["get"])],
		"a star within": [granting([""], ["pods/*"], ["get"])],
		"null fields": [granting(null, null, null)],
	}
	rule.violation == set() with input as role("ClusterRole", rules)
}

test_deny[note] if {
	some note, case in {
		"verbs": [granting([""], ["pods", "secrets"], ["*"]), {"Role \"r\" grants every verb on pods, secrets"}],
		"among others": [granting([""], ["pods"], ["get", "*"]), {"Role \"r\" grants every verb on pods"}],
		"resources": [granting(["", "apps"], ["*"], ["get"]), {"Role \"r\" grants get on every resource of the API group core, apps"}],
		"both": [granting(["apps"], ["*"], ["*"]), {"Role \"r\" grants every verb on *", "Role \"r\" grants * on every resource of the API group apps"}],
		"text": [granting("apps", "pods", "*"), {"Role \"r\" grants every verb on pods"}],
		"paths": [{"nonResourceURLs": ["/metrics"], "verbs": ["*"]}, {"Role \"r\" grants every verb on /metrics"}],
		"on nothing": [{"verbs": ["*"]}, {"Role \"r\" grants every verb on nothing"}],
		"odd": [granting(null, [1, null], ["*"]), {"Role \"r\" grants every verb on 1, null"}],
	}
	body := role("Role", [granting([""], ["pods"], ["get"]), case[0]])
	violations := rule.violation with input as body
	fixtures.messages(violations) == case[1]
	fixtures.located(body, violations)
	every v in violations {
		v.path[1] == 1
	}
}

test_total_access_of_a_cluster_is_left_to_the_other_rule if {
	total := granting(["*"], ["*"], ["*"])
	rule.violation == set() with input as role("ClusterRole", [total])
	count(rule.violation) == 2 with input as role("Role", [total])
}
