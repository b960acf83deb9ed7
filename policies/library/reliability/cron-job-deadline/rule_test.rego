package penstock.reliability.cron_job_deadline_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.cron_job_deadline as rule

cron(spec) := fixtures.named("batch/v1", "CronJob", "web", {"spec": spec})

test_allow[note] if {
	some note, spec in {"enough": {"startingDeadlineSeconds": 10}, "missing": {}, "null": {"startingDeadlineSeconds": null}}
	rule.violation == set() with input as cron(spec)
}

test_deny if {
	body := cron({"startingDeadlineSeconds": 9})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {`CronJob "web" may never be started: its startingDeadlineSeconds is 9`}
	fixtures.located(body, violations)
}

test_required[note] if {
	some note, case in {"missing": [{}, true, 1], "given": [{"startingDeadlineSeconds": 60}, true, 0], "off": [{}, false, 0], "text": [{}, "true", 0]}
	count(rule.violation) == case[2] with input as fixtures.with_parameters(cron(case[0]), {"required": case[1]})
}

test_odd_types if {
	every object in fixtures.odd_specs("batch/v1", "CronJob", ["startingDeadlineSeconds"]) {
		is_set(rule.violation) with input as fixtures.with_parameters(object, {"required": true})
	}
}
