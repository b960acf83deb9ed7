package penstock.governance.required_annotations_test

import data.penstock.governance.required_annotations as rule
import data.penstock.lib.fixtures_test as fixtures

body(annotations, parameters) := fixtures.with_parameters({"kind": "Namespace", "metadata": {"name": "shop", "annotations": annotations}}, parameters)

test_allow[note] if {
	some note, object in {
		"given": body({"owner": "team-a"}, {"annotations": ["owner"]}), "nothing required": body({}, {}), "null": body({}, {"annotations": null}),
		"other kind": body({}, {"annotations": ["owner"], "kinds": ["Deployment"]}),
	}
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, object in {
		"missing": body({}, {"annotations": ["owner"]}), "empty": body({"owner": ""}, {"annotations": ["owner"]}), "null": body(null, {"annotations": "owner"}),
		"kind": body({"a": "b"}, {"annotations": ["owner"], "kinds": ["Namespace"]}),
	}
	violations := rule.violation with input as object
	fixtures.messages(violations) == {`Namespace "shop" lacks the annotation owner`}
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as {"kind": "Namespace", "metadata": value, "review": {"parameters": {"annotations": ["a", 1]}}}
	}
}
