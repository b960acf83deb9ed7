package penstock.network.external_name_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.external_name as rule

service(spec) := fixtures.named("v1", "Service", "web", {"spec": spec})

test_allow[note] if {
	some note, spec in {"name": {"type": "ExternalName", "externalName": "db.example.com"}, "other type": {"type": "ClusterIP"}, "none": {}}
	rule.violation == set() with input as service(spec)
}

test_deny[note] if {
	some note, spec in {
		"address": {"type": "ExternalName", "externalName": "10.0.0.1"}, "IPv6": {"type": "ExternalName", "externalName": "fd00::1"},
		"port": {"type": "ExternalName", "externalName": "db.example.com:5432"}, "missing": {"type": "ExternalName"}, "null": {"type": "ExternalName", "externalName": null},
	}
	violations := rule.violation with input as service(spec)
	fixtures.messages(violations) == {`Service "web" has no host as its external name`}
}

test_odd_types if {
	every object in fixtures.odd_specs("v1", "Service", ["externalName", "type"]) {
		is_set(rule.violation) with input as object
	}
}
