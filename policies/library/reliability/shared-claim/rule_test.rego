package penstock.reliability.shared_claim_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.shared_claim as rule

body(replicas) := fixtures.named("apps/v1", "Deployment", "web", {"spec": {
	"replicas": replicas,
	"template": {"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}},
}})

claim(modes) := fixtures.inventory([fixtures.named("v1", "PersistentVolumeClaim", "data", {"spec": {"accessModes": modes}})])

test_allow[note] if {
	some note, case in {
		"one": [1, ["ReadWriteOnce"]], "default": [null, ["ReadWriteOnce"]], "many": [3, ["ReadWriteMany"]], "both": [3, ["ReadWriteOnce", "ReadWriteMany"]],
		"no modes": [3, []], "null": [3, null], "text": ["3", ["ReadWriteOnce"]],
	}
	rule.violation == set() with input as body(case[0]) with data.inventory as claim(case[1])
}

test_allow_a_claim_that_is_not_rendered if rule.violation == set() with input as body(3)

test_deny[mode] if {
	some mode in ["ReadWriteOnce", "ReadWriteOncePod"]
	violations := rule.violation with input as body(2) with data.inventory as claim([mode])
	fixtures.messages(violations) == {sprintf(`up to 2 replicas of Deployment "web" mount the claim "data", which is %s`, [mode])}
	fixtures.located(body(2), violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object with data.inventory as claim(["ReadWriteOnce"])
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value) with data.inventory as claim(value)
	}
}
