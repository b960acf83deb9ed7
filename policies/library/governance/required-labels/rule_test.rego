package penstock.governance.required_labels_test

import data.penstock.governance.required_labels as rule
import data.penstock.lib.fixtures_test as fixtures

labelled(labels) := {"kind": "Service", "metadata": {"name": "web", "labels": labels}}

requiring(labels, parameters) := fixtures.with_parameters(labelled(labels), parameters)

owner := {"labels": ["owner"]}

test_allow[note] if {
	some note, case in {
		"given": [{"owner": "shop"}, owner], "two": [{"owner": "shop", "tier": "web"}, {"labels": ["owner", "tier"]}],
		"nothing required": [{}, {"labels": []}], "no parameters": [{}, {}], "null": [{}, {"labels": null}],
		"another kind": [{}, {"labels": ["owner"], "kinds": ["Deployment", "StatefulSet"]}],
	}
	rule.violation == set() with input as requiring(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"missing": [{}, owner], "empty": [{"owner": ""}, owner], "null": [{"owner": null}, owner],
		"no labels": [null, owner], "labels as text": ["owner", owner], "other case": [{"Owner": "x"}, owner],
		"one as text": [{}, {"labels": "owner"}], "this kind": [{}, {"labels": ["owner"], "kinds": ["Service"]}],
		"kinds of no use": [{}, {"labels": ["owner"], "kinds": null}],
	}
	violations := rule.violation with input as requiring(case[0], case[1])
	fixtures.messages(violations) == {"Service \"web\" lacks the label owner"}
	fixtures.located(labelled(case[0]), violations)
	{v.path | some v in violations} == {["metadata", "labels", "owner"]}
}

test_deny_each_missing_label if {
	violations := rule.violation with input as requiring({"a": "x"}, {"labels": ["a", "b", "c"]})
	fixtures.messages(violations) == {"Service \"web\" lacks the label b", "Service \"web\" lacks the label c"}
}

test_deny_without_labels_points_at_the_metadata if {
	body := {"kind": "Namespace", "metadata": {"name": "shop"}}
	violations := rule.violation with input as fixtures.with_parameters(body, owner)
	{v.at | some v in violations} == {{"name": "shop"}}
}
