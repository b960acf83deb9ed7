# METADATA
# scope: package
# title: CronJobs have a schedule that can be read
# description: >-
#   A schedule has five fields or is one of the words such as @daily. Others are refused by the API
#   server, and so is a time zone inside of it: that is spec.timeZone.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
# custom:
#   id: reliability/cron-job-schedule
#   severity: error
#   match:
#     kinds: [batch/CronJob]
#   remediation: Write minute, hour, day of the month, month and day of the week, as in "0 3 * * 1-5".
#   tags: [reliability]
package penstock.reliability.cron_job_schedule

import data.penstock.lib.names

violation contains v if {
	schedule := input.spec.schedule
	not readable(schedule)
	v := {
		"msg": sprintf("CronJob %q has the schedule %q, which cannot be read", [names.object_name, schedule]),
		"at": schedule,
		"path": ["spec", "schedule"],
	}
}

readable(schedule) if {
	is_string(schedule)
	regex.match(`^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every \S+)$`, trim_space(schedule))
}

readable(schedule) if {
	is_string(schedule)
	fields := regex.split(`\s+`, trim_space(schedule))
	count(fields) == 5
	every i, field in fields {
		regex.match(patterns[i], field)
		numbers_within(field, bounds[i])
	}
}

patterns := [steps, steps, steps, months, weekdays]

steps := `^[0-9*?]+(-[0-9]+)?(/[0-9]+)?(,[0-9*?]+(-[0-9]+)?(/[0-9]+)?)*$`

months := `^(?i)([0-9*?]+|[a-z]{3})(-([0-9]+|[a-z]{3}))?(/[0-9]+)?(,([0-9*?]+|[a-z]{3})(-([0-9]+|[a-z]{3}))?(/[0-9]+)?)*$`

weekdays := months

bounds := [59, 23, 31, 12, 7]

# The step after a slash is not bounded.
numbers_within(field, most) if {
	every part in split(field, ",") {
		every number in regex.find_n(`[0-9]+`, split(part, "/")[0], -1) {
			to_number(number) <= most
		}
	}
}
