# METADATA
# scope: package
# title: CronJobs say what happens when runs overlap
# description: >-
#   By default a CronJob starts the next run while the last one is still at work, and slow runs pile up.
#   Off by default, because many jobs do not mind.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy
# custom:
#   id: reliability/concurrency-policy
#   severity: note
#   enabled: false
#   match:
#     kinds: [batch/CronJob]
#   remediation: Set spec.concurrencyPolicy to Forbid or Replace, or to Allow where overlapping runs are meant.
#   tags: [reliability]
package penstock.reliability.concurrency_policy

import data.penstock.lib.names

violation contains v if {
	is_object(input.spec)
	object.get(input.spec, "concurrencyPolicy", "") in {"", null}
	v := {
		"msg": sprintf("CronJob %q does not say whether its runs may overlap", [names.object_name]),
		"at": input.spec,
		"path": ["spec", "concurrencyPolicy"],
	}
}
