package penstock.resources.cpu_memory_requests_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.cpu_memory_requests as rule

no_cpu := "container \"web\" requests no cpu"

no_memory := "container \"web\" requests no memory"

test_allow[note] if {
	some note, resources in {
		"requests": {"requests": {"cpu": "100m", "memory": "64Mi"}},
		"numbers": {"requests": {"cpu": 1, "memory": 67108864}},
		"limits become requests": {"limits": {"cpu": "1", "memory": "1Gi"}},
		"one of each": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}},
	}
	rule.violation == set() with input as fixtures.container({"resources": resources})
}

test_deny[note] if {
	some note, case in {
		"missing": [{}, {no_cpu, no_memory}],
		"null": [{"resources": null}, {no_cpu, no_memory}],
		"text": [{"resources": "lots"}, {no_cpu, no_memory}],
		"empty": [{"resources": {}}, {no_cpu, no_memory}],
		"requests null": [{"resources": {"requests": null}}, {no_cpu, no_memory}],
		"requests text": [{"resources": {"requests": "lots"}}, {no_cpu, no_memory}],
		"only cpu": [{"resources": {"requests": {"cpu": 1}}}, {no_memory}],
		"only memory": [{"resources": {"requests": {"memory": "1Gi"}}}, {no_cpu}],
		"zero": [{"resources": {"requests": {"cpu": "0", "memory": 0}}}, {no_cpu, no_memory}],
		"nothing": [{"resources": {"requests": {"cpu": null, "memory": ""}}}, {no_cpu, no_memory}],
		"another resource": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}, {no_cpu, no_memory}],
	}
	violations := rule.violation with input as fixtures.container(case[0])
	fixtures.messages(violations) == case[1]
}

test_pod_level_resources if {
	object := fixtures.deployment({
		"resources": {"requests": {"cpu": "1"}},
		"containers": [{"name": "web"}],
	})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {no_memory}
}

test_nearest[note] if {
	some note, case in {
		"container": [{}, {"name": "web"}],
		"resources": [{"resources": {"limits": {}}}, {"limits": {}}],
		"requests": [{"resources": {"requests": {"cpu": 1}}}, {"cpu": 1}],
	}
	object := fixtures.container(case[0])
	violations := rule.violation with input as object
	fixtures.located(object, violations)
	every v in violations {
		v.at == case[1]
	}
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a"}],
		"initContainers": [{"name": "b"}],
		"ephemeralContainers": [{"name": "c"}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == {"a", "b"}
	count(violations) == 4
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
