package penstock.governance.denied_kinds_test

import data.penstock.governance.denied_kinds as rule
import data.penstock.lib.fixtures_test as fixtures

body(version, kind, parameters) := fixtures.with_parameters({"apiVersion": version, "kind": kind, "metadata": {"name": "web"}}, parameters)

test_allow[note] if {
	some note, object in {
		"none": body("v1", "Pod", {}), "null": body("v1", "Pod", {"kinds": null}), "other": body("v1", "Pod", {"kinds": ["Job", "apps/*"]}),
		"other group": body("example.com/v1", "Pod", {"kinds": ["core/Pod"]}),
	}
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, object in {"kind": body("v1", "Pod", {"kinds": ["Pod"]}), "core": body("v1", "Pod", {"kinds": "core/*"}), "group": body("a.io/v1", "Pod", {"kinds": ["a.io/*"]})}
	violations := rule.violation with input as object
	fixtures.messages(violations) == {`Pod "web" is of a kind that is not to be used`}
	fixtures.located(object, violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value, value, {"kinds": ["Pod", 1]})
	}
}
