package penstock.lib.workloads_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.lib.workloads

pod := {
	"containers": [{"name": "web"}, {"name": "proxy"}],
	"initContainers": [{"name": "setup"}, {"name": "agent", "restartPolicy": "Always"}],
	"ephemeralContainers": [{"name": "debug"}],
}

test_pod_of_every_kind[kind] if {
	some kind, object in fixtures.wrapped(pod)
	workloads.pod == pod with input as object
}

test_containers_of_every_kind[kind] if {
	some kind, object in fixtures.wrapped(pod)
	entries := workloads.containers with input as object
	[entry.label | some entry in entries] == [
		"container \"web\"",
		"container \"proxy\"",
		"init container \"setup\"",
		"init container \"agent\"",
		"ephemeral container \"debug\"",
	]
	every entry in entries {
		fixtures.at_path(object, entry.path) == entry.container
	}
}

test_scheduled if {
	entries := workloads.scheduled with input as fixtures.deployment(pod)
	{entry.name | some entry in entries} == {"web", "proxy", "setup", "agent"}
}

test_long_running[kind] if {
	some kind, object in fixtures.wrapped(pod)
	entries := workloads.long_running with input as object
	{entry.name | some entry in entries} == expected(kind)
}

expected(kind) := set() if kind in {"Job", "CronJob", "PodTemplate"}

expected(kind) := {"web", "proxy", "agent"} if not kind in {"Job", "CronJob", "PodTemplate"}

test_long_running_not_of_a_pod_that_ends[policy] if {
	some policy in ["Never", "OnFailure"]
	spec := object.union(pod, {"restartPolicy": policy})
	entries := workloads.long_running with input as {"apiVersion": "v1", "kind": "Pod", "spec": spec}
	entries == []
}

test_custom_kinds_have_no_pod[version] if {
	some version in ["batch.volcano.sh/v1alpha1", "apps.kruise.io/v1alpha1", "argoproj.io/v1alpha1"]
	some kind in ["Job", "StatefulSet"]
	object := fixtures.template(version, kind, pod)
	not workloads.pod with input as object
	entries := workloads.containers with input as object
	entries == []
}

test_a_rollout_of_another_group_has_no_pod[version] if {
	some version in ["rollouts.example.com/v1", "apps/v1", "argoproj.iox/v1", null]
	not workloads.pod with input as fixtures.template(version, "Rollout", pod)
}

test_any_built_in_group_has_a_pod[version] if {
	some version in ["apps/v1beta2", "extensions/v1beta1", 1, null]
	entries := workloads.containers with input as fixtures.template(version, "Deployment", pod)
	count(entries) == 5
}

test_other_kinds_have_no_pod if {
	not workloads.pod with input as {"apiVersion": "v1", "kind": "Service", "spec": {"template": {"spec": pod}}}
}

test_containers_without_a_name if {
	entries := workloads.containers with input as fixtures.deployment({"containers": [{}, {"name": null}, {"name": 3}]})
	[entry.name | some entry in entries] == ["0", "1", "2"]
}

test_containers_of_odd_types[note] if {
	some note, containers in {
		"null": null, "text": "web", "number": 1, "empty": [], "list of text": ["web", null, 1, [], true],
	}
	entries := workloads.containers with input as fixtures.deployment({"containers": containers})
	entries == []
}

test_containers_in_an_object_are_judged_all_the_same if {
	entries := workloads.containers with input as fixtures.deployment({"containers": {"a": {"name": "web"}, "b": {}}})
	{entry.name | some entry in entries} == {"web", ""}
}

test_switches[note] if {
	some note, case in {
		"true": [true, true], "text": ["true", true], "number": [1, true],
		"false": [false, false], "null": [null, false],
	}
	is_on(case[0]) == case[1]
}

default is_on(_) := false

is_on(value) if workloads.on(value)

test_windows if {
	workloads.windows with input as fixtures.deployment({"os": {"name": "windows"}})
	not workloads.windows with input as fixtures.deployment({"os": {"name": "linux"}})
	not workloads.windows with input as fixtures.deployment({"os": null})
}

test_security_context[note] if {
	some note, case in {
		"given": [{"securityContext": {"a": 1}}, {"a": 1}],
		"missing": [{"name": "web"}, {"name": "web"}],
		"null": [{"securityContext": null}, {"securityContext": null}],
		"text": [{"securityContext": "a"}, {"securityContext": "a"}],
	}
	workloads.security_context(case[0]) == case[1]
}
