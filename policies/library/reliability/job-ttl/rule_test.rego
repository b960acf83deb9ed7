package penstock.reliability.job_ttl_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.job_ttl as rule

job(spec) := fixtures.named("batch/v1", "Job", "web", {"spec": spec})

test_allow[seconds] if {
	some seconds in [0, 60]
	rule.violation == set() with input as job({"ttlSecondsAfterFinished": seconds})
}

test_deny[note] if {
	some note, spec in {"missing": {}, "null": {"ttlSecondsAfterFinished": null}, "text": {"ttlSecondsAfterFinished": "60"}}
	violations := rule.violation with input as job(spec)
	fixtures.messages(violations) == {`Job "web" stays after it finishes`}
}

test_odd_types if {
	every object in fixtures.odd_specs("batch/v1", "Job", ["ttlSecondsAfterFinished"]) {
		is_set(rule.violation) with input as object
	}
}
