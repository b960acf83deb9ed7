package penstock.security.run_as_user_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.run_as_user as rule

case_of(pod_context, context) := fixtures.deployment({
	"securityContext": pod_context,
	"containers": [{"name": "web", "securityContext": context}],
})

test_allow[note] if {
	some note, context in {"null": null, "empty": {}, "text": "x", "another": {"runAsUser": 1000}, "null user": {"runAsUser": null}, "group": {"runAsGroup": 0}}
	rule.violation == set() with input as case_of(context, context)
}

test_deny[note] if {
	some note, case in {
		"container": [{}, {"runAsUser": 0}, {"container \"web\" runs as root (runAsUser 0)"}],
		"in spite of runAsNonRoot": [{"runAsNonRoot": true}, {"runAsUser": 0}, {"container \"web\" runs as root (runAsUser 0)"}],
		"before the pod": [{"runAsUser": 1}, {"runAsUser": 0}, {"container \"web\" runs as root (runAsUser 0)"}],
		"pod": [{"runAsUser": 0}, {}, {"the pod runs as root (runAsUser 0)"}],
		"pod behind a container": [{"runAsUser": 0}, {"runAsUser": 1}, {"the pod runs as root (runAsUser 0)"}],
		"text": [{"runAsUser": "0"}, null, {"the pod runs as root (runAsUser 0)"}],
	}
	object := case_of(case[0], case[1])
	violations := rule.violation with input as object
	fixtures.messages(violations) == case[2]
	fixtures.located(object, violations)
}

test_deny_from_1_23[version] if {
	some version, found in {"1.0": 0, "1.22": 0, "1.23": 1, "1.36": 1, "": 1}
	count(rule.violation) == found with input as fixtures.at_version(case_of({"runAsUser": 0}, {}), version)
}

test_user_namespace[version] if {
	some version, found in {"1.23": 1, "1.34": 1, "1.35": 0, "v1.36.1": 0, "": 0, "latest": 0, "1.9": 0}
	object := fixtures.deployment({"hostUsers": false, "containers": [{"name": "web", "securityContext": {"runAsUser": 0}}]})
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

test_user_namespace_has_to_be_asked_for[note] if {
	some note, value in {"true": true, "null": null, "text": "false"}
	object := fixtures.deployment({"hostUsers": value, "containers": [{"name": "web", "securityContext": {"runAsUser": 0}}]})
	count(rule.violation) == 1 with input as fixtures.at_version(object, "1.35")
}

test_deny_in_every_kind[kind] if {
	context := {"runAsUser": 0}
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "securityContext": context}, {"name": "fine"}],
		"initContainers": [{"name": "b", "securityContext": context}],
		"ephemeralContainers": [{"name": "c", "securityContext": context}],
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
