package penstock.security.run_as_non_root_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.run_as_non_root as rule

may := {"container \"web\" may run as root"}

root := {"container \"web\" runs as root (runAsUser 0)"}

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
		"user of the container": [null, {"runAsUser": 1000}],
		"user of the pod": [{"runAsUser": 1000}, {}],
		"container before pod": [{"runAsUser": 0, "runAsNonRoot": false}, {"runAsUser": 1}],
		"user null": [{"runAsUser": 1}, {"runAsUser": null}],
	}
	rule.violation == set() with input as case_of(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"nothing": [null, null, may],
		"empty": [{}, {}, may],
		"text": ["x", "x", may],
		"false": [{"runAsNonRoot": false}, {}, may],
		"container says no": [{"runAsNonRoot": true}, {"runAsNonRoot": false}, may],
		"text true": [{"runAsNonRoot": "true"}, {}, may],
		"number": [null, {"runAsNonRoot": 1}, may],
		"root": [null, {"runAsUser": 0}, root],
		"root of the pod": [{"runAsUser": 0}, {}, root],
		"root in spite of runAsNonRoot": [{"runAsNonRoot": true}, {"runAsUser": 0}, root],
		"root before pod": [{"runAsUser": 1}, {"runAsUser": 0}, root],
		"user as text": [null, {"runAsUser": "1000"}, may],
		"only a group": [{"runAsGroup": 1000}, {}, may],
	}
	violations := rule.violation with input as case_of(case[0], case[1])
	fixtures.messages(violations) == case[2]
}

test_located[note] if {
	some note, context in {"nothing": null, "empty": {}, "false": {"runAsNonRoot": false}, "root": {"runAsUser": 0}}
	object := case_of({}, context)
	violations := rule.violation with input as object
	count(violations) == 1
	fixtures.located(object, violations)
}

test_root_of_the_pod_is_located_there if {
	object := case_of({"runAsUser": 0}, {})
	violations := rule.violation with input as object
	{v.path | some v in violations} == {["spec", "template", "spec", "securityContext", "runAsUser"]}
	fixtures.located(object, violations)
}

test_user_namespace[version] if {
	some version, found in {"1.34": 1, "1.35": 0, "v1.36.1": 0, "": 1, "latest": 1, "1.9": 1}
	body := object.union(
		fixtures.deployment({"hostUsers": false, "containers": [{"name": "web"}]}),
		{"review": {"environment": {"kubernetesVersion": version}}},
	)
	count(rule.violation) == found with input as body
}

test_user_namespace_has_to_be_asked_for[note] if {
	some note, value in {"true": true, "null": null, "text": "false"}
	body := object.union(
		fixtures.deployment({"hostUsers": value, "containers": [{"name": "web"}]}),
		{"review": {"environment": {"kubernetesVersion": "1.35"}}},
	)
	count(rule.violation) == 1 with input as body
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}, {"name": "fine", "securityContext": {"runAsNonRoot": true}}],
		"initContainers": [{"name": "b"}],
		"ephemeralContainers": [{"name": "c", "securityContext": {"runAsUser": 0}}],
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
