package penstock.secrets.plaintext_args_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.secrets.plaintext_args as rule

test_allow[argument] if {
	some argument in ["--user=web", "--password=$(PASSWORD)", "--password-file=/etc/x", "--token=${TOKEN}", "--use-token=true", "--max-tokens=100", "password", "--token", "--secret=/var/run/secrets/x", 1, null]
	rule.violation == set() with input as fixtures.container({"args": [argument]})
}

test_deny[name] if {
	some name in ["password", "api-key", "db.password", "authToken"]
	object := fixtures.container({"args": ["serve", sprintf("--%s=hunter2", [name])]})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`container "web" has a secret in plain text in its option %s`, [name])}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"initContainers": [{"command": ["x", "-password=a1b2"]}], "ephemeralContainers": [{"args": ["--token=a1b2"]}]})
	count(rule.violation) == 2 with input as object
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.container({"args": value, "command": value})
	}
}
