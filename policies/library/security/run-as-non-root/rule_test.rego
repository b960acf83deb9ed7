package penstock.security.run_as_non_root_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.run_as_non_root as rule

may := {"container \"web\" may run as root"}

pod_says(value) := {sprintf("the pod may run as root (runAsNonRoot %v)", [value])}

web_says(value) := {sprintf("container \"web\" may run as root (runAsNonRoot %v)", [value])}

case_of(pod_context, context) := fixtures.deployment({
	"securityContext": pod_context,
	"containers": [{"name": "web", "securityContext": context}],
})

test_allow[note] if {
	some note, case in {
		"container": [null, {"runAsNonRoot": true}],
		"pod": [{"runAsNonRoot": true}, null],
		"pod and container": [{"runAsNonRoot": true}, {"runAsNonRoot": true}],
		"container null": [{"runAsNonRoot": true}, {"runAsNonRoot": null}],
		"a user as well": [{"runAsNonRoot": true, "runAsUser": 1000}, {}],
		"root, which is security/run-as-user's to find": [{"runAsNonRoot": true}, {"runAsUser": 0}],
	}
	rule.violation == set() with input as case_of(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"nothing": [null, null, may],
		"empty": [{}, {}, may],
		"text": ["x", "x", may],
		"null": [{"runAsNonRoot": null}, {"runAsNonRoot": null}, may],
		"pod": [{"runAsNonRoot": false}, {}, pod_says(false)],
		"pod behind a container": [{"runAsNonRoot": false}, {"runAsNonRoot": true}, pod_says(false)],
		"container": [{"runAsNonRoot": true}, {"runAsNonRoot": false}, web_says(false)],
		"both": [{"runAsNonRoot": false}, {"runAsNonRoot": false}, (pod_says(false) | web_says(false))],
		"text true": [{"runAsNonRoot": "true"}, {}, pod_says("true")],
		"number": [null, {"runAsNonRoot": 1}, web_says(1)],
		"only a user": [null, {"runAsUser": 1000}, may],
		"only a group": [{"runAsGroup": 1000}, {}, may],
	}
	object := case_of(case[0], case[1])
	violations := rule.violation with input as object
	fixtures.messages(violations) == case[2]
	fixtures.located(object, violations)
}

test_user_namespace[version] if {
	some version, found in {"1.0": 1, "1.34": 1, "1.35": 0, "v1.36.1": 0, "": 0, "latest": 0, "1.9": 1}
	object := fixtures.deployment({"hostUsers": false, "containers": [{"name": "web", "securityContext": {}}]})
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

test_user_namespace_has_to_be_asked_for[note] if {
	some note, value in {"true": true, "null": null, "text": "false"}
	object := fixtures.deployment({"hostUsers": value, "containers": [{"name": "web", "securityContext": {}}]})
	count(rule.violation) == 1 with input as fixtures.at_version(object, "1.35")
}

test_deny_on_windows if {
	object := fixtures.deployment({"os": {"name": "windows"}, "containers": [{"name": "web"}]})
	count(rule.violation) == 1 with input as object
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}, {"name": "fine", "securityContext": {"runAsNonRoot": true}}],
		"initContainers": [{"name": "b"}],
		"ephemeralContainers": [{"name": "c", "securityContext": {"runAsNonRoot": false}}],
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
