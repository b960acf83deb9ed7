package penstock.network.wildcard_host_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.wildcard_host as rule

ingress(entry) := fixtures.named("networking.k8s.io/v1", "Ingress", "web", {"spec": {"rules": [entry]}})

test_allow[note] if {
	some note, entry in {"host": {"host": "a.example.com"}, "null": null, "text": "x"}
	rule.violation == set() with input as ingress(entry)
}

test_deny[note] if {
	some note, case in {"wildcard": [{"host": "*.example.com"}, "*.example.com"], "none": [{"http": {}}, "all hosts"], "empty": [{"host": ""}, "all hosts"], "null": [{"host": null}, "all hosts"]}
	violations := rule.violation with input as ingress(case[0])
	fixtures.messages(violations) == {sprintf(`Ingress "web" serves %s`, [case[1]])}
	fixtures.located(ingress(case[0]), violations)
}

test_odd_types if {
	every object in fixtures.odd_specs("networking.k8s.io/v1", "Ingress", ["rules"]) {
		is_set(rule.violation) with input as object
	}
}
