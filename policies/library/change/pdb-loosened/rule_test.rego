package penstock.change.pdb_loosened_test

import data.penstock.change.pdb_loosened as rule
import data.penstock.lib.fixtures_test as fixtures

body(before, after) := fixtures.changed("policy/v1", "PodDisruptionBudget", {"spec": before}, {"spec": after})

test_allow[note] if {
	some note, case in {
		"stricter": [{"minAvailable": 1}, {"minAvailable": 2}], "same": [{"maxUnavailable": "10%"}, {"maxUnavailable": "10%"}],
		"fewer": [{"maxUnavailable": 2}, {"maxUnavailable": 1}], "other unit": [{"minAvailable": 2}, {"minAvailable": "50%"}], "new": [{}, {"minAvailable": 1}], "null": [null, null],
	}
	rule.violation == set() with input as body(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"available": [{"minAvailable": 2}, {"minAvailable": 1}, "minAvailable goes from 2 to 1"],
		"unavailable": [{"maxUnavailable": "10%"}, {"maxUnavailable": "50%"}, "maxUnavailable goes from 10% to 50%"],
	}
	object := body(case[0], case[1])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`PodDisruptionBudget "web" is loosened: %s`, [case[2]])}
	fixtures.located(object, violations)
}

test_deny_deletion if {
	reviewed := object.union(fixtures.named("policy/v1", "PodDisruptionBudget", "web", {}), {"review": {"operation": "DELETE"}})
	violations := rule.violation with input as reviewed
	fixtures.messages(violations) == {`PodDisruptionBudget "web" is deleted`}
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value, {"minAvailable": 1})
		is_set(rule.violation) with input as body({"minAvailable": value}, {"minAvailable": 1})
		is_set(rule.violation) with input as body({"minAvailable": 2}, {"minAvailable": value})
	}
}
