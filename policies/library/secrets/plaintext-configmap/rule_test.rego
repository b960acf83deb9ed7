package penstock.secrets.plaintext_configmap_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.secrets.plaintext_configmap as rule

config(data_) := {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": data_}

test_allow[note] if {
	some note, entries in {
		"null": null, "empty": {}, "text": "password", "list": ["password"], "plain": {"mode": "fast", "url": "https://a.example"},
		"no value": {"password": ""}, "null value": {"password": null}, "reference": {"password": "${DB_PASSWORD}"},
		"file": {"app.properties": "password=${DB_PASSWORD}\n"}, "path": {"token": "/var/run/secrets/token"},
		"certificate": {"ca.crt": "-----BEGIN CERTIFICATE-----\nMII"}, "switch": {"tokens": "false"},
	}
	rule.violation == set() with input as config(entries)
}

test_deny[key] if {
	some key, value in {
		"password": "hunter2", "db.password": "hunter2", "API_KEY": "abc", "client-secret": "abc", "token": 12,
		"tls.key": "-----BEGIN PRIVATE KEY-----\nMII", "url": "amqp://app:hunter2@mq:5672/",
		"id_rsa": "x\n-----BEGIN OPENSSH PRIVATE KEY-----\n",
	}
	body := config({"mode": "fast", key: value})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf("the entry %s holds a secret in plain text", [key])}
	fixtures.located(body, violations)
}

test_deny_binary_data if {
	violations := rule.violation with input as {"kind": "ConfigMap", "binaryData": {"password": "aHVudGVyMg=="}}
	{v.path | some v in violations} == {["binaryData", "password"]}
}

test_ignored if {
	body := config({"csrf-token": "header"})
	rule.violation == set() with input as fixtures.with_parameters(body, {"ignored": ["csrf-*"]})
	count(rule.violation) == 1 with input as fixtures.with_parameters(body, {"ignored": []})
	count(rule.violation) == 1 with input as fixtures.with_parameters(body, {})
	count(rule.violation) == 1 with input as fixtures.with_parameters(body, {"ignored": null})
}
