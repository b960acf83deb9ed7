package penstock.rbac.full_access_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.full_access as rule

role(rules) := {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": rules}

granting(groups, resources, verbs) := {"apiGroups": groups, "resources": resources, "verbs": verbs}

test_allow[note] if {
	some note, rules in {
		"null": null, "empty": [], "text": "*", "rule null": [null], "rule text": ["*"],
		"one group": [granting(["apps"], ["*"], ["*"])], "one resource": [granting(["*"], ["pods"], ["*"])],
		"reading": [granting(["*"], ["*"], ["get", "list", "watch"])],
		"spread over rules": [granting(["*"], ["*"], ["get"]), granting(["apps"], ["*"], ["*"])],
		"paths": [{"nonResourceURLs": ["*"], "verbs": ["*"]}],
		"named": [object.union(granting(["*"], ["*"], ["*"]), {"resourceNames": ["x"]})],
	}
	rule.violation == set() with input as role(rules)
}

test_deny[note] if {
	some note, bad in {
		"all": granting(["*"], ["*"], ["*"]),
		"among others": granting(["", "*"], ["pods", "*"], ["get", "*"]),
		"text": granting("*", "*", "*"),
		"no names": object.union(granting(["*"], ["*"], ["*"]), {"resourceNames": []}),
		"names null": object.union(granting(["*"], ["*"], ["*"]), {"resourceNames": null}),
		"names text": object.union(granting(["*"], ["*"], ["*"]), {"resourceNames": "x"}),
	}
	body := role([granting([""], ["pods"], ["get"]), bad])
	violations := rule.violation with input as body
	fixtures.messages(violations) == {"ClusterRole \"r\" grants every verb on every resource"}
	fixtures.located(body, violations)
	{v.path | some v in violations} == {["rules", 1]}
}
