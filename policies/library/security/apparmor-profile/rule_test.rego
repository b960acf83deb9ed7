package penstock.security.apparmor_profile_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.apparmor_profile as rule

case_of(pod_profile, profile) := fixtures.deployment({
	"securityContext": {"appArmorProfile": pod_profile},
	"containers": [{"name": "web", "securityContext": {"appArmorProfile": profile}}],
})

test_allow[note] if {
	some note, profile in {
		"null": null, "runtime": {"type": "RuntimeDefault"},
		"localhost": {"type": "Localhost", "localhostProfile": "mine"},
	}
	rule.violation == set() with input as case_of(profile, profile)
}

test_allow_without_a_security_context if {
	rule.violation == set() with input as fixtures.container({})
}

test_deny[note] if {
	some note, case in {
		"unconfined": [{"type": "Unconfined"}, "Unconfined"], "lower case": [{"type": "runtimedefault"}, "runtimedefault"],
		"no type": [{}, ""], "empty type": [{"type": ""}, ""], "null type": [{"type": null}, ""],
		"number": [{"type": 1}, ""], "text": ["RuntimeDefault", ""],
	}
	object := case_of(null, case[0])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("container \"web\" has an AppArmor profile of the type %q", [case[1]])}
	fixtures.located(object, violations)
}

test_deny_of_the_pod if {
	object := case_of({"type": "Unconfined"}, {"type": "RuntimeDefault"})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"the pod has an AppArmor profile of the type \"Unconfined\""}
	fixtures.located(object, violations)
	{v.path | some v in violations} == {["spec", "template", "spec", "securityContext", "appArmorProfile", "type"]}
}

key := "container.apparmor.security.beta.kubernetes.io/web"

test_allow_annotations[note] if {
	some note, annotations in {
		"null": null, "text": "x", "list": ["unconfined"], "none": {}, "empty": {key: ""}, "null value": {key: null},
		"runtime": {key: "runtime/default"}, "localhost": {key: "localhost/mine"}, "other": {"a": "unconfined"},
	}
	every object in fixtures.annotated(annotations) {
		rule.violation == set() with input as object
	}
}

test_deny_annotations[value] if {
	some value in ["unconfined", "docker/default", "localhost", "RuntimeDefault", 1, true]
	every object in fixtures.annotated({key: value}) {
		violations := rule.violation with input as object
		fixtures.messages(violations) == {sprintf("the annotation %s sets the AppArmor profile %v", [key, value])}
		fixtures.located(object, violations)
	}
}

test_annotations_of_the_workload_are_not_the_pods if {
	body := object.union(fixtures.container({}), {"metadata": {"annotations": {key: "unconfined"}}})
	rule.violation == set() with input as body
}

test_deny_in_every_kind[kind] if {
	context := {"appArmorProfile": {"type": "Unconfined"}}
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
