package penstock.reliability.recreate_strategy_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.recreate_strategy as rule

body(strategy) := fixtures.named("apps/v1", "Deployment", "web", {"spec": {"strategy": strategy}})

test_allow[note] if {
	some note, strategy in {"rolling": {"type": "RollingUpdate"}, "none": {}, "null": null, "text": "Recreate"}
	rule.violation == set() with input as body(strategy)
}

test_deny if {
	violations := rule.violation with input as body({"type": "Recreate"})
	fixtures.messages(violations) == {`a rollout of Deployment "web" stops all of its pods (strategy Recreate)`}
	fixtures.located(body({"type": "Recreate"}), violations)
}

test_odd_types if {
	every object in fixtures.odd_specs("apps/v1", "Deployment", ["strategy"]) {
		is_set(rule.violation) with input as object
	}
}
