package penstock.change.image_downgrade_test

import data.penstock.change.image_downgrade as rule
import data.penstock.lib.fixtures_test as fixtures

pod(image) := {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}

body(before, after) := fixtures.changed("apps/v1", "Deployment", pod(before), pod(after))

test_allow[note] if {
	some note, case in {
		"newer": ["a:1.9", "a:1.10"], "same": ["a:1", "a:1"], "fewer parts": ["a:1.2.3", "a:1.2"], "other image": ["a:2", "b:1"], "no version": ["a:main", "a:1"], "to no version": ["a:1", "a:main"],
		"date": ["a:2026-02-01", "a:2026-01-01"], "none": [null, "a:1"], "suffix": ["a:1.2-alpine", "a:1.2-debian"], "hash": ["a:9f8e7d6", "a:1a2b3c4"],
	}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"minor": ["a:1.10", "a:1.9"], "patch": ["r.io/a:v1.2.3", "r.io/a:v1.2.2"], "major": ["a:2.0.0", "a:1.9.9"],
		"suffix": ["a:1.10-alpine", "a:1.9-alpine"], "digest": ["a:2.0@sha256:abc", "a:1.0@sha256:def"],
	}
	object := body(case[0], case[1])
	violations := rule.violation with input as object
	count(violations) == 1
	fixtures.located(object, violations)
}

test_message if {
	violations := rule.violation with input as body("r.io/a:v1.2.3", "r.io/a:v1.2.2")
	fixtures.messages(violations) == {`container "web" goes back from version v1.2.3 to v1.2.2 of r.io/a`}
}

cron(image) := {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"initContainers": [{"name": "i", "image": image}]}}}}}}

test_cron_jobs if {
	count(rule.violation) == 1 with input as fixtures.changed("batch/v1", "CronJob", cron("a:2.0"), cron("a:1.0"))
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value, "a:1.0")
		is_set(rule.violation) with input as body("a:1.0", value)
		is_set(rule.violation) with input as object.union(body("a:1.0", "a:1.0"), {"review": {"oldObject": value}})
	}
}
