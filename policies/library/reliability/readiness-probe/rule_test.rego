package penstock.reliability.readiness_probe_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.readiness_probe as rule

test_allow[handler] if {
	some handler in ["httpGet", "tcpSocket", "grpc", "exec"]
	probe := {handler: {"port": 80}, "periodSeconds": 10}
	rule.violation == set() with input as fixtures.container({"readinessProbe": probe})
}

test_deny[note] if {
	some note, fields in {
		"missing": {}, "null": {"readinessProbe": null}, "text": {"readinessProbe": "/healthz"},
		"empty": {"readinessProbe": {}}, "no handler": {"readinessProbe": {"periodSeconds": 10}},
		"handler null": {"readinessProbe": {"httpGet": null}}, "another probe": {"startupProbe": {"httpGet": {}}},
	}
	object := fixtures.container(fields)
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"container \"web\" has no readiness probe"}
	fixtures.located(object, violations)
}

test_at_is_the_probe_without_a_handler if {
	violations := rule.violation with input as fixtures.container({"readinessProbe": {"periodSeconds": 10}})
	{v.at | some v in violations} == {{"periodSeconds": 10}}
}

test_kinds[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}],
		"initContainers": [{"name": "b"}, {"name": "sidecar", "restartPolicy": "Always"}],
		"ephemeralContainers": [{"name": "c"}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == expected(kind)
	fixtures.located(object, violations)
}

expected(kind) := set() if kind in {"Job", "CronJob", "PodTemplate"}

expected(kind) := {"a", "sidecar"} if not kind in {"Job", "CronJob", "PodTemplate"}

test_pod_that_ends_needs_none[policy] if {
	some policy in ["Never", "OnFailure"]
	pod := {"restartPolicy": policy, "containers": [{"name": "a"}]}
	rule.violation == set() with input as {"apiVersion": "v1", "kind": "Pod", "spec": pod}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
