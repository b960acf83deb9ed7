package penstock.wiring.claim_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.claim_exists as rule

pod(claim) := {"containers": [], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]}

rendered := fixtures.inventory([
	fixtures.named("v1", "PersistentVolumeClaim", "data", {}),
	fixtures.named("apps/v1", "StatefulSet", "db", {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "disk"}}]}}),
])

test_allow[claim] if {
	some claim in ["data", "disk-db-0", null, 1]
	rule.violation == set() with input as fixtures.deployment(pod(claim)) with data.inventory as rendered
}

test_deny if {
	body := fixtures.deployment(pod("other"))
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {`the pod mounts the claim "other", which is not rendered`}
	fixtures.located(body, violations)
}

test_odd_types if {
	every body in fixtures.odd {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.deployment({"volumes": [{"persistentVolumeClaim": value}]}) with data.inventory as rendered
	}
}
