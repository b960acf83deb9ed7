package penstock.lib.pod_security_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.lib.pod_security

test_since[version] if {
	some version, is in {"1.34": false, "1.35": true, "1.36.2": true, "2.0": true, "1.4": false, "": true, "latest": true}
	since_35(version) == is
}

default since_35(_) := false

since_35(version) if {
	pod_security.since(35) with input as {"review": {"environment": {"kubernetesVersion": version}}}
}

context := {"runAsUser": 1}

test_contexts[kind] if {
	some kind, body in fixtures.wrapped({
		"securityContext": context,
		"containers": [{"name": "web", "securityContext": context}, {"name": "none"}],
	})
	holders := pod_security.contexts with input as body
	[[holder.owner.label, holder.owner.name] | some holder in holders] == [["the pod", ""], ["container \"web\"", "web"]]
	every holder in holders {
		fixtures.at_path(body, pod_security.path_of(holder, ["runAsUser"])) == 1
	}
}

test_metadata_of_the_pod if {
	every body in fixtures.annotated({"a": "1"}) {
		path := pod_security.annotation_path("a") with input as body
		fixtures.at_path(body, path) == "1"
		metadata := pod_security.metadata with input as body
		metadata == {"annotations": {"a": "1"}}
	}
}

test_metadata_of_the_workload_is_not_the_pods if {
	body := {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"annotations": {"a": "1"}}, "spec": {"template": {"spec": {}}}}
	not pod_security.metadata with input as body
}

test_profiles[note] if {
	some note, case in {
		"fine": [{"type": "Localhost"}, true, ["p", "type"]], "other": [{"type": "x"}, false, ["p", "type"]],
		"none": [{}, false, ["p"]], "null": [{"type": null}, false, ["p"]], "text": ["Localhost", false, ["p"]],
	}
	fine(case[0]) == case[1]
	found := pod_security.typed({"context": {"p": case[0]}, "owner": {"path": []}}, "p")
	found.path == array.concat(["securityContext"], case[2])
}

default fine(_) := false

fine(profile) if pod_security.allowed_profile(profile)

test_added[note] if {
	some note, case in {
		"list": [["A", "B"], {[0]: "A", [1]: "B"}], "text": ["A", {[]: "A"}], "null": [null, {}], "number": [1, {}],
	}
	pod_security.added({"container": {"securityContext": {"capabilities": {"add": case[0]}}}}) == case[1]
}
