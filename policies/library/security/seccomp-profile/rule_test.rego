package penstock.security.seccomp_profile_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.seccomp_profile as rule

case_of(pod_profile, profile) := fixtures.deployment({
	"securityContext": {"seccompProfile": pod_profile},
	"containers": [{"name": "web", "securityContext": {"seccompProfile": profile}}],
})

test_allow[note] if {
	some note, profile in {
		"null": null, "runtime": {"type": "RuntimeDefault"},
		"localhost": {"type": "Localhost", "localhostProfile": "mine.json"},
	}
	rule.violation == set() with input as case_of(profile, profile)
}

test_allow_without_a_security_context if {
	rule.violation == set() with input as fixtures.container({})
}

test_deny[note] if {
	some note, case in {
		"unconfined": [{"type": "Unconfined"}, "Unconfined"], "no type": [{}, ""], "null type": [{"type": null}, ""],
		"number": [{"type": 1}, ""], "text": ["RuntimeDefault", ""], "annotation": [{"type": "runtime/default"}, "runtime/default"],
	}
	object := case_of(null, case[0])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("container \"web\" has a seccomp profile of the type %q", [case[1]])}
	fixtures.located(object, violations)
}

test_deny_of_the_pod if {
	object := case_of({"type": "Unconfined"}, {"type": "RuntimeDefault"})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"the pod has a seccomp profile of the type \"Unconfined\""}
	fixtures.located(object, violations)
}

test_deny_on_windows if {
	object := fixtures.deployment({"os": {"name": "windows"}, "securityContext": {"seccompProfile": {"type": "Unconfined"}}})
	count(rule.violation) == 1 with input as object
}

test_the_field_counts_from_1_19[version] if {
	some version, found in {"1.0": 0, "1.18": 0, "1.19": 1, "1.36": 1, "": 1}
	object := case_of({"type": "Unconfined"}, null)
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

pod_key := "seccomp.security.alpha.kubernetes.io/pod"

key := "container.seccomp.security.alpha.kubernetes.io/web"

test_annotations_count_before_1_19[version] if {
	some version, found in {"1.0": 2, "1.18": 2, "1.19": 0, "1.36": 0, "": 0}
	every object in fixtures.annotated({pod_key: "unconfined", key: "unconfined"}) {
		count(rule.violation) == found with input as fixtures.at_version(object, version)
	}
}

test_allow_annotations[note] if {
	some note, annotations in {
		"null": null, "list": ["unconfined"], "runtime": {key: "runtime/default"}, "docker": {pod_key: "docker/default"},
		"localhost": {pod_key: "localhost/mine"}, "no such container": {concat("", [key, "2"]): "unconfined"},
	}
	every object in fixtures.annotated(annotations) {
		rule.violation == set() with input as fixtures.at_version(object, "1.18")
	}
}

test_deny_annotations[value] if {
	some value in ["unconfined", "", "localhost", 1]
	every object in fixtures.annotated({key: value}) {
		violations := rule.violation with input as fixtures.at_version(object, "1.18")
		fixtures.messages(violations) == {sprintf("the annotation %s sets the seccomp profile %v", [key, value])}
		fixtures.located(object, violations)
	}
}

test_deny_in_every_kind[kind] if {
	context := {"seccompProfile": {"type": "Unconfined"}}
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
