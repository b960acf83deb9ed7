package penstock.reliability.probes_identical_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.probes_identical as rule

http := {"httpGet": {"path": "/", "port": 80}}

test_allow[note] if {
	some note, fields in {
		"none": {}, "one": {"livenessProbe": http}, "path": {"livenessProbe": http, "readinessProbe": {"httpGet": {"path": "/ready", "port": 80}}},
		"threshold": {"livenessProbe": object.union(http, {"failureThreshold": 10}), "readinessProbe": http},
		"null": {"livenessProbe": null, "readinessProbe": null}, "without a handler": {"livenessProbe": {}, "readinessProbe": {}},
	}
	rule.violation == set() with input as fixtures.container(fields)
}

test_deny if {
	body := fixtures.container({"livenessProbe": http, "readinessProbe": http})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {`container "web" has the same liveness and readiness probe`}
	fixtures.located(body, violations)
}

test_sidecars if {
	pod := {"containers": [], "initContainers": [{"restartPolicy": "Always", "livenessProbe": http, "readinessProbe": http}, {"livenessProbe": http, "readinessProbe": http}]}
	count(rule.violation) == 1 with input as fixtures.deployment(pod)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
