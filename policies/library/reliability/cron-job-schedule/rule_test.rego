package penstock.reliability.cron_job_schedule_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.cron_job_schedule as rule

cron(schedule) := fixtures.named("batch/v1", "CronJob", "web", {"spec": {"schedule": schedule}})

test_allow[schedule] if {
	some schedule in [
		"0 3 * * *", "*/5 * * * *", "0 3 1,15 * 1-5", "0 0 1 JAN mon-fri", "@daily", "@every 1h", "0  3 * * *", "5/15 0-23/2 ? * 0",
		"59 23 31 12 7", "*/90 * * * *",
	]
	rule.violation == set() with input as cron(schedule)
}

test_allow_without_a_schedule if rule.violation == set() with input as fixtures.named("batch/v1", "CronJob", "web", {"spec": {}})

test_deny[schedule] if {
	some schedule in ["", "* * * *", "* * * * * *", "60 * * * *", "0 24 * * *", "@often", "TZ=UTC 0 3 * * *", "a * * * *", "0 3 * * 8", "${CRON}"]
	violations := rule.violation with input as cron(schedule)
	fixtures.messages(violations) == {sprintf(`CronJob "web" has the schedule %q, which cannot be read`, [schedule])}
	fixtures.located(cron(schedule), violations)
}

test_odd_types if {
	every object in fixtures.odd_specs("batch/v1", "CronJob", ["schedule"]) {
		is_set(rule.violation) with input as object
	}
}
