package penstock.reliability.restart_policy_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.restart_policy as rule

jobs := {"Job", "CronJob"}

test_allow[kind] if {
	some kind in jobs
	object := fixtures.wrapped({"restartPolicy": "Never"})[kind]
	rule.violation == set() with input as object
}

test_allow_always[kind] if {
	some pod in [{}, {"restartPolicy": "Always"}, {"restartPolicy": null}]
	some kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod"]
	object := fixtures.wrapped(pod)[kind]
	rule.violation == set() with input as object
}

test_deny_jobs[kind] if {
	some pod in [{}, {"restartPolicy": "Always"}, {"restartPolicy": 1}]
	some kind in jobs
	object := fixtures.wrapped(pod)[kind]
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("the pods of a %s need the restart policy OnFailure or Never", [kind])}
	fixtures.located(object, violations)
}

test_deny_others if {
	body := fixtures.deployment({"restartPolicy": "Never"})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {"the pods of a Deployment cannot have the restart policy Never"}
	fixtures.located(body, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
