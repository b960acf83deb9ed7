package penstock.security.seccomp_profile_restricted_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.seccomp_profile_restricted as rule

default_profile := {"seccompProfile": {"type": "RuntimeDefault"}}

missing := {"container \"web\" has no seccomp profile"}

case_of(pod_context, context) := fixtures.deployment({
	"securityContext": pod_context,
	"containers": [{"name": "web", "securityContext": context}],
})

test_allow[note] if {
	some note, case in {
		"pod": [default_profile, null], "container": [null, default_profile], "both": [default_profile, default_profile],
		"localhost": [{}, {"seccompProfile": {"type": "Localhost", "localhostProfile": "x"}}],
		"container null": [default_profile, {"seccompProfile": null}],
	}
	rule.violation == set() with input as case_of(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"nothing": [null, null], "empty": [{}, {}], "text": ["x", "x"],
		"null profiles": [{"seccompProfile": null}, {"seccompProfile": null}],
	}
	object := case_of(case[0], case[1])
	violations := rule.violation with input as object
	fixtures.messages(violations) == missing
	fixtures.located(object, violations)
}

test_deny_forbidden_profiles[note] if {
	some note, case in {
		"container": [default_profile, {"seccompProfile": {"type": "Unconfined"}}, {"container \"web\" has a seccomp profile of the type \"Unconfined\", which the restricted standard forbids"}],
		"pod": [{"seccompProfile": {"type": "Unconfined"}}, null, {"the pod has a seccomp profile of the type \"Unconfined\", which the restricted standard forbids"}],
		"no type": [{"seccompProfile": {}}, default_profile, {"the pod has a seccomp profile of the type \"\", which the restricted standard forbids"}],
	}
	object := case_of(case[0], case[1])
	violations := rule.violation with input as object
	fixtures.messages(violations) == case[2]
	fixtures.located(object, violations)
}

test_deny_from_1_19[version] if {
	some version, found in {"1.0": 0, "1.18": 0, "1.19": 1, "1.36": 1, "": 1}
	count(rule.violation) == found with input as fixtures.at_version(case_of({}, {}), version)
}

test_windows_is_spared_from_1_25[version] if {
	some version, found in {"1.19": 1, "1.24": 1, "1.25": 0, "1.36": 0, "": 0}
	object := fixtures.deployment({"os": {"name": "windows"}, "containers": [{"name": "web"}]})
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}, {"name": "fine", "securityContext": default_profile}],
		"initContainers": [{"name": "b", "securityContext": {}}],
		"ephemeralContainers": [{"name": "c", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}],
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
