# METADATA
# scope: package
# title: Finished Jobs are removed
# description: >-
#   A Job and its pods stay after they finish, for ever unless ttlSecondsAfterFinished is set or a CronJob
#   owns it. Off by default: a Job of a repository that removes itself is made again by the next apply.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
# custom:
#   id: reliability/job-ttl
#   severity: note
#   enabled: false
#   match:
#     kinds: [batch/Job]
#   remediation: Set spec.ttlSecondsAfterFinished.
#   tags: [reliability]
package penstock.reliability.job_ttl

import data.penstock.lib.names

violation contains v if {
	is_object(input.spec)
	not is_number(object.get(input.spec, "ttlSecondsAfterFinished", null))
	v := {
		"msg": sprintf("Job %q stays after it finishes", [names.object_name]),
		"at": input.spec,
		"path": ["spec", "ttlSecondsAfterFinished"],
	}
}
