package penstock.rbac.cluster_admin_binding_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.rbac.cluster_admin_binding as rule

binding(role, subjects) := {
	"kind": "ClusterRoleBinding",
	"metadata": {"name": "b"},
	"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
	"subjects": subjects,
}

account := {"kind": "ServiceAccount", "name": "ci", "namespace": "build"}

group := {"kind": "Group", "name": "admins"}

test_allow[note] if {
	some note, body in {
		"another role": binding("view", [account]),
		"nobody": binding("cluster-admin", []),
		"null": binding("cluster-admin", null),
		"text": binding("cluster-admin", "everybody"),
		"no role": {"kind": "ClusterRoleBinding", "subjects": [account]},
		"role null": {"kind": "ClusterRoleBinding", "roleRef": null, "subjects": [account]},
	}
	rule.violation == set() with input as body
}

test_deny[note] if {
	some note, case in {
		"account": [account, "ServiceAccount \"build/ci\" is bound to cluster-admin"],
		"group": [group, "Group \"admins\" is bound to cluster-admin"],
		"user": [{"kind": "User", "name": "eve"}, "User \"eve\" is bound to cluster-admin"],
		"account without a namespace": [{"kind": "ServiceAccount", "name": "ci"}, "ServiceAccount \"ci\" is bound to cluster-admin"],
		"nothing": [{}, "subject \"\" is bound to cluster-admin"],
		"text": ["ci", "subject \"\" is bound to cluster-admin"],
		"numbers": [{"kind": 1, "name": 2}, "subject \"\" is bound to cluster-admin"],
	}
	body := binding("cluster-admin", [case[0]])
	violations := rule.violation with input as body
	fixtures.messages(violations) == {case[1]}
	fixtures.located(body, violations)
}

test_deny_each_subject if {
	violations := rule.violation with input as binding("cluster-admin", [account, group])
	{v.path | some v in violations} == {["subjects", 0], ["subjects", 1]}
}

test_allowed[pattern] if {
	some pattern in ["build/ci", "build/*", "*/ci"]
	body := fixtures.with_parameters(binding("cluster-admin", [account, group]), {"allowed": [pattern]})
	violations := rule.violation with input as body
	{v.path | some v in violations} == {["subjects", 1]}
}

test_parameters_of_no_use_allow_nobody[note] if {
	some note, parameters in {"undefined": {}, "null": {"allowed": null}, "number": {"allowed": 1}, "other": {"allowed": ["ci", "*"]}}
	body := fixtures.with_parameters(binding("cluster-admin", [account]), parameters)
	count(rule.violation) == 1 with input as body
}
