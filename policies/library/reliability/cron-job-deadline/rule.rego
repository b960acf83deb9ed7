# METADATA
# scope: package
# title: CronJobs are started in time, or not at all
# description: >-
#   Without startingDeadlineSeconds a CronJob that missed 100 starts is never started again; with less
#   than 10 it is never started at all, because the controller looks every 10 seconds. That a deadline is
#   missing is reported only when the parameter required is true.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline
# custom:
#   id: reliability/cron-job-deadline
#   severity: warning
#   match:
#     kinds: [batch/CronJob]
#   remediation: Set spec.startingDeadlineSeconds to 60 or more.
#   parameters:
#     required:
#       default: false
#       description: Whether a CronJob without a deadline is reported.
#   tags: [reliability]
package penstock.reliability.cron_job_deadline

import data.penstock.lib.names

violation contains v if {
	is_number(input.spec.startingDeadlineSeconds)
	input.spec.startingDeadlineSeconds < 10
	v := {
		"msg": sprintf("CronJob %q may never be started: its startingDeadlineSeconds is %v", [
			names.object_name, input.spec.startingDeadlineSeconds,
		]),
		"at": input.spec.startingDeadlineSeconds,
		"path": ["spec", "startingDeadlineSeconds"],
	}
}

violation contains v if {
	input.review.parameters.required == true
	is_object(input.spec)
	not is_number(object.get(input.spec, "startingDeadlineSeconds", null))
	v := {
		"msg": sprintf("CronJob %q has no deadline for its start", [names.object_name]),
		"at": input.spec,
		"path": ["spec", "startingDeadlineSeconds"],
	}
}
