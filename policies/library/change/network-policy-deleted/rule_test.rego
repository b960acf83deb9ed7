package penstock.change.network_policy_deleted_test

import data.penstock.change.network_policy_deleted as rule
import data.penstock.lib.fixtures_test as fixtures

deleted(selector) := object.union(policy("old", selector), {"review": {"operation": "DELETE"}})

policy(name, selector) := fixtures.named("networking.k8s.io/v1", "NetworkPolicy", name, {"spec": {"podSelector": selector}})

web := fixtures.named("apps/v1", "Deployment", "web", {"spec": {"template": {"metadata": {"labels": {"app": "web"}}}}})

test_allow[note] if {
	some note, case in {"another policy": [{}, [web, policy("new", {})]], "no pods": [{}, []], "other pods": [{"matchLabels": {"app": "api"}}, [web]], "null": [null, [web]]}
	rule.violation == set() with input as deleted(case[0]) with data.inventory as fixtures.inventory(case[1])
}

test_allow_update if {
	rule.violation == set() with input as policy("old", {}) with data.inventory as fixtures.inventory([web])
}

test_deny[note] if {
	some note, others in {"none": [web], "of other pods": [web, policy("new", {"matchLabels": {"app": "api"}})]}
	violations := rule.violation with input as deleted({}) with data.inventory as fixtures.inventory(others)
	fixtures.messages(violations) == {`NetworkPolicy "old" is deleted, and no other one selects the pods of Deployment "web"`}
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as deleted(value) with data.inventory as fixtures.inventory([web])
	}
}
