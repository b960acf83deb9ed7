package penstock.secrets.secret_as_env_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.secrets.secret_as_env as rule

test_allow[note] if {
	some note, fields in {"value": {"env": [{"name": "A", "value": "x"}]}, "config map": {"envFrom": [{"configMapRef": {"name": "x"}}]}, "null": {"env": [null], "envFrom": [null]}}
	rule.violation == set() with input as fixtures.container(fields)
}

test_deny[note] if {
	some note, case in {
		"variable": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}, "a secret in the variable A"],
		"all": [{"envFrom": [{"secretRef": {"name": "s"}}]}, "the secret s in its variables"],
	}
	object := fixtures.container(case[0])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`container "web" has %s`, [case[1]])}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.container({"env": [{"valueFrom": value}], "envFrom": value})
	}
}
