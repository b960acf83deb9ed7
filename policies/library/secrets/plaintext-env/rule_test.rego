package penstock.secrets.plaintext_env_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.secrets.plaintext_env as rule

variable(entry) := fixtures.container({"env": [{"name": "MODE", "value": "fast"}, entry]})

test_allow[note] if {
	some note, entry in {
		"reference": {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
		"no value": {"name": "PASSWORD"}, "null": {"name": "PASSWORD", "value": null},
		"empty": {"name": "PASSWORD", "value": ""}, "other name": {"name": "USER", "value": "hunter2"},
		"other variable": {"name": "PASSWORD", "value": "$(OTHER)"},
		"name of a file": {"name": "PASSWORD_FILE", "value": "/run/secrets/p"},
		"url": {"name": "DATABASE_URL", "value": "postgres://db.shop:5432/app"},
		"no name": {"value": "postgres"}, "number as name": {"name": 1, "value": "x"},
	}
	rule.violation == set() with input as variable(entry)
}

test_deny[note] if {
	some note, entry in {
		"password": {"name": "DB_PASSWORD", "value": "hunter2"},
		"number": {"name": "DB_PASSWORD", "value": 1234},
		"url": {"name": "DATABASE_URL", "value": "postgres://app:hunter2@db/app"},
		"key": {"name": "CERT", "value": "-----BEGIN RSA PRIVATE KEY-----\nMII"},
	}
	body := variable(entry)
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf("container \"web\" has a secret in plain text in the variable %s", [entry.name])}
	fixtures.located(body, violations)
	{v.path | some v in violations} == {["spec", "template", "spec", "containers", 0, "env", 1, "value"]}
}

test_message_never_has_the_value if {
	violations := rule.violation with input as variable({"name": "TOKEN", "value": "hunter2"})
	every v in violations {
		not contains(v.msg, "hunter2")
	}
	count(violations) == 1
}

test_ignored[pattern] if {
	some pattern in ["CSRF_TOKEN", "CSRF_*", "*_TOKEN"]
	body := fixtures.with_parameters(variable({"name": "CSRF_TOKEN", "value": "x1"}), {"ignored": [pattern]})
	rule.violation == set() with input as body
}

test_parameters_of_no_use_ignore_nothing[note] if {
	some note, parameters in {"undefined": {}, "null": {"ignored": null}, "other": {"ignored": ["CSRF"]}}
	body := fixtures.with_parameters(variable({"name": "CSRF_TOKEN", "value": "x1"}), parameters)
	count(rule.violation) == 1 with input as body
}

test_deny_in_every_kind[kind] if {
	env := [{"name": "API_KEY", "value": "abc123"}]
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "env": env}],
		"initContainers": [{"name": "b", "env": env}],
		"ephemeralContainers": [{"name": "c", "env": env}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == {"a", "b", "c"}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
