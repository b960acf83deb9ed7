package penstock.reliability.concurrency_policy_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.concurrency_policy as rule

cron(spec) := fixtures.named("batch/v1", "CronJob", "web", {"spec": spec})

test_allow[policy] if {
	some policy in ["Forbid", "Replace", "Allow"]
	rule.violation == set() with input as cron({"concurrencyPolicy": policy})
}

test_deny[note] if {
	some note, spec in {"missing": {}, "empty": {"concurrencyPolicy": ""}, "null": {"concurrencyPolicy": null}}
	violations := rule.violation with input as cron(spec)
	fixtures.messages(violations) == {`CronJob "web" does not say whether its runs may overlap`}
}

test_odd_types if {
	every object in fixtures.odd_specs("batch/v1", "CronJob", ["concurrencyPolicy"]) {
		is_set(rule.violation) with input as object
	}
}
