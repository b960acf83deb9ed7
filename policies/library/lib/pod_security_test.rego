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

context := {"runAsUser": 1, "runAsGroup": null}

test_settings[kind] if {
	some kind, body in fixtures.wrapped({
		"securityContext": context,
		"containers": [{"name": "web", "securityContext": context}, {"name": "none"}, {"name": "odd", "securityContext": "x"}],
	})
	users := pod_security.settings("runAsUser") with input as body
	[[user.label, user.container] | some user in users] == [["the pod", ""], ["container \"web\"", "web"]]
	every user in users {
		fixtures.at_path(body, user.path) == user.value
	}
	groups := pod_security.settings("runAsGroup") with input as body
	groups == []
}

test_annotations_of_the_pod if {
	every body in fixtures.annotated({"a": "1", "b": null}) {
		annotations := pod_security.annotations with input as body
		[[a.key, a.value] | some a in annotations] == [["a", "1"]]
		every a in annotations {
			fixtures.at_path(body, a.path) == a.value
		}
	}
}

test_no_annotations[note] if {
	some note, body in {
		"service": {"apiVersion": "v1", "kind": "Service", "metadata": {"annotations": {"a": "1"}}},
		"workload": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"annotations": {"a": "1"}}, "spec": {"template": {"spec": {}}}},
		"list": {"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": ["a"]}, "spec": {}},
	}
	annotations := pod_security.annotations with input as body
	annotations == []
}

test_added[note] if {
	some note, case in {
		"list": [["A", "B"], {[0]: "A", [1]: "B"}], "text": ["A", {[]: "A"}], "null": [null, {}], "number": [1, {}],
	}
	pod_security.added({"securityContext": {"capabilities": {"add": case[0]}}}) == case[1]
}
