package penstock.secrets.plaintext_secret_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.secrets.plaintext_secret as rule

secret(fields) := fixtures.named("v1", "Secret", "web", fields)

test_allow[note] if {
	some note, fields in {
		"empty": {}, "null": {"data": null, "stringData": null}, "SOPS": {"sops": {"mac": "x"}, "stringData": {"a": "ENC[AES256_GCM,data:x]"}},
		"encrypted": {"stringData": {"a": "ENC[AES256_GCM,data:x]"}}, "variable": {"stringData": {"a": "${TOKEN}"}}, "no value": {"data": {"a": ""}},
		"placeholder": {"stringData": {"a": "changeme"}}, "encoded placeholder": {"data": {"a": "PHRva2VuPg=="}},
		"authority": {"data": {"ca.crt": "eA=="}}, "no base64": {"data": {"a": "ENC[x]"}},
	}
	rule.violation == set() with input as secret(fields)
}

test_deny[note] if {
	some note, fields in {"text": {"stringData": {"password": "hunter2"}}, "base64": {"data": {"password": "aHVudGVyMg=="}}}
	violations := rule.violation with input as secret(fields)
	fixtures.messages(violations) == {`Secret "web" is in the repository in plain text`}
	every v in violations {
		v.at == secret(fields).metadata
	}
}

test_ignored[note] if {
	some note, case in {"pattern": [{"ignored": ["shop/*"]}, 0], "other": [{"ignored": ["web"]}, 1], "null": [{"ignored": null}, 1]}
	count(rule.violation) == case[1] with input as fixtures.with_parameters(secret({"stringData": {"a": "b"}}), case[0])
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as secret({"data": value, "stringData": value})
		is_set(rule.violation) with input as secret({"data": {"a": value}, "stringData": {"a": value}})
	}
}
