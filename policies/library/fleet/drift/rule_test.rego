package penstock.fleet.drift_test

import data.penstock.fleet.drift as rule
import data.penstock.lib.fixtures_test as fixtures

defaults := {"reference": ["prod*"], "environments": ["*"], "kinds": ["Deployment"], "allowed": ["metadata/*", "spec/replicas", "*/image"]}

deployment(spec) := {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "x"}, "spec": spec}

fleet(specs, parameters) := {
	"environments": {name: {"name": name, "objects": [deployment(spec)]} | some name, spec in specs},
	"review": {"parameters": parameters},
}

test_allow[name] if {
	some name, case in {
		"the same": {"prod": {"paused": true}, "dev": {"paused": true}},
		"what may differ": {"prod": {"replicas": 3}, "dev": {"replicas": 1}},
		"only what may be there": {"prod": {"replicas": 3}, "dev": {}},
		"no reference": {"staging": {"paused": true}, "dev": {"paused": false}},
	}
	rule.violation == set() with input as fleet(case, defaults)
}

test_deny_difference if {
	violations := rule.violation with input as fleet({"prod": {"paused": true}, "dev": {"paused": false}}, defaults)
	violations == {{"msg": "spec/paused differs from prod", "at": false, "environment": "dev"}}
}

test_deny_only_here if {
	violations := rule.violation with input as fleet({"prod": {}, "dev": {"minReadySeconds": 5}}, defaults)
	violations == {{"msg": "spec/minReadySeconds differs from prod", "at": 5, "environment": "dev"}}
}

test_deny_only_there if {
	violations := rule.violation with input as fleet({"prod": {"paused": false}, "dev": {}}, defaults)
	fixtures.messages(violations) == {"spec/paused is set in prod only"}
}

test_other_objects_are_left_alone if {
	document := fleet({"prod": {"paused": true}}, defaults)
	other := object.union(deployment({"paused": false}), {"metadata": {"name": "other"}})
	rule.violation == set() with input as object.union(document, {"environments": {"dev": {"objects": [other]}}})
}
