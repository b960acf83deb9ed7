package penstock.governance.label_syntax_test

import data.penstock.governance.label_syntax as rule
import data.penstock.lib.fixtures_test as fixtures

labelled(labels) := {"kind": "ConfigMap", "metadata": {"name": "web", "labels": labels}}

test_allow[note] if {
	some note, labels in {
		"text": {"app.kubernetes.io/name": "web"}, "empty": {"app": ""}, "version": {"v": "1.2_3-x"}, "null": {"app": null}, "none": null, "list": [],
		"variable": {"app": "${NAME} x"},
	}
	rule.violation == set() with input as labelled(labels)
}

test_deny[note] if {
	some note, case in {
		"number": [{"version": 1}, "version, whose value is no text"], "boolean": [{"on": true}, "on, whose value is no text"],
		"space": [{"owner": "team a"}, `owner, whose value "team a" is no label`], "slash": [{"owner": "a/b"}, `owner, whose value "a/b" is no label`],
		"end": [{"owner": "a-"}, `owner, whose value "a-" is no label`], "key": [{"a b": "c"}, "a b, whose name is none of a label"],
	}
	violations := rule.violation with input as labelled(case[0])
	fixtures.messages(violations) == {sprintf(`ConfigMap "web" has the label %s`, [case[1]])}
	fixtures.located(labelled(case[0]), violations)
}

test_deny_annotations if {
	object := {"kind": "ConfigMap", "metadata": {"name": "web", "annotations": {"a": "b", "retries": 3}}}
	violations := rule.violation with input as object
	fixtures.messages(violations) == {`ConfigMap "web" has the annotation retries, whose value is no text`}
	fixtures.located(object, violations)
}

test_deny_templates if {
	every path in [["spec", "template", "metadata"], ["spec", "jobTemplate", "spec", "template", "metadata"]] {
		object := json.patch({"kind": "Job", "metadata": {"name": "web"}, "spec": {"template": {}, "jobTemplate": {"spec": {"template": {}}}}}, [{"op": "add", "path": path, "value": {"labels": {"a": 1}}}])
		violations := rule.violation with input as object
		count(violations) == 1
		fixtures.located(object, violations)
	}
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as labelled(value)
		is_set(rule.violation) with input as {"kind": "X", "metadata": value, "spec": value}
		is_set(rule.violation) with input as labelled({"a": value})
	}
}
