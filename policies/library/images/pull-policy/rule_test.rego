package penstock.images.pull_policy_test

import data.penstock.images.pull_policy as rule
import data.penstock.lib.fixtures_test as fixtures

test_allow[note] if {
	some note, policy in {"always": "Always", "if missing": "IfNotPresent", "empty": "", "null": null}
	rule.violation == set() with input as fixtures.container({"imagePullPolicy": policy})
}

test_deny[note] if {
	some note, policy in {"never": "Never", "case": "always", "number": 1}
	object := fixtures.container({"imagePullPolicy": policy})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`container "web" has the image pull policy %v`, [policy])}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"initContainers": [{"imagePullPolicy": "Never"}], "ephemeralContainers": [{"imagePullPolicy": "Never"}]})
	count(rule.violation) == 2 with input as object
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
