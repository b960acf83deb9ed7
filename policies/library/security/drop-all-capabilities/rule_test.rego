package penstock.security.drop_all_capabilities_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.drop_all_capabilities as rule

test_allow[note] if {
	some note, context in {"all": {"capabilities": {"drop": ["ALL"]}}, "and another": {"capabilities": {"drop": ["NET_RAW", "ALL"], "add": ["NET_BIND_SERVICE"]}}}
	rule.violation == set() with input as fixtures.secured(context)
}

test_windows_is_spared_from_1_25[version] if {
	some version, found in {"1.22": 1, "1.24": 1, "1.25": 0, "1.36": 0, "": 0}
	object := fixtures.deployment({"os": {"name": "windows"}, "containers": [{"name": "web"}]})
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

test_deny_from_1_22[version] if {
	some version, found in {"1.0": 0, "1.21": 0, "1.22": 1, "1.36": 1, "": 1}
	count(rule.violation) == found with input as fixtures.at_version(fixtures.container({}), version)
}

dropping(fields) := fixtures.secured({"capabilities": object.union({"drop": ["ALL"]}, fields)})

test_deny_adding[note] if {
	some note, case in {
		"baseline": [["NET_BIND_SERVICE", "CHOWN"], "CHOWN"], "all": [["ALL"], "ALL"], "lower case": [["net_bind_service"], "net_bind_service"],
		"text": ["SYS_ADMIN", "SYS_ADMIN"],
	}
	object := dropping({"add": case[0]})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("container \"web\" adds the capability %s, which the restricted standard forbids", [case[1]])}
	fixtures.located(object, violations)
}

test_allow_adding[note] if {
	some note, add in {"null": null, "none": [], "the one": ["NET_BIND_SERVICE"], "the one as text": "NET_BIND_SERVICE"}
	rule.violation == set() with input as dropping({"add": add})
}

test_adding_on_windows_or_before_1_22_is_not_its_business if {
	rule.violation == set() with input as fixtures.at_version(dropping({"add": ["CHOWN"]}), "1.21")
	object := fixtures.deployment({"os": {"name": "windows"}, "containers": [{"name": "web", "securityContext": {"capabilities": {"add": ["CHOWN"]}}}]})
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, fields in {"missing": {}, "null": {"securityContext": null}, "text": {"securityContext": "x"}, "empty": {"securityContext": {}}, "null capabilities": {"securityContext": {"capabilities": null}}, "empty capabilities": {"securityContext": {"capabilities": {}}}, "null drop": {"securityContext": {"capabilities": {"drop": null}}}, "text drop": {"securityContext": {"capabilities": {"drop": "ALL"}}}, "lower case": {"securityContext": {"capabilities": {"drop": ["all"]}}}, "others": {"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}}
	object := fixtures.container(fields)
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" does not drop all capabilities"}
	fixtures.located(object, violations)
}

test_pod_context_does_not_count if {
	object := fixtures.deployment({"securityContext": {"capabilities": {"drop": ["ALL"]}}, "containers": [{"name": "web"}]})
	count(rule.violation) == 1 with input as object
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}, {"name": "fine", "securityContext": {"capabilities": {"drop": ["ALL"]}}}],
		"initContainers": [{"name": "b", "securityContext": null}],
		"ephemeralContainers": [{"name": "c", "securityContext": {}}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == {"a", "b", "c"}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
