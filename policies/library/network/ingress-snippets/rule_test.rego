package penstock.network.ingress_snippets_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.ingress_snippets as rule

ingress(annotations) := {"kind": "Ingress", "metadata": {"name": "web", "annotations": annotations}}

test_allow[note] if {
	some note, annotations in {
		"other": {"nginx.ingress.kubernetes.io/rewrite-target": "/"}, "empty": {"nginx.ingress.kubernetes.io/server-snippet": ""}, "null": null, "text": "x",
		"another group": {"example.com/server-snippet": "x"},
	}
	rule.violation == set() with input as ingress(annotations)
}

test_deny[annotation] if {
	some name in ["configuration-snippet", "server-snippet", "auth-snippet", "stream-snippet", "modsecurity-snippet"]
	annotation := sprintf("nginx.ingress.kubernetes.io/%s", [name])
	violations := rule.violation with input as ingress({annotation: "return 200;"})
	fixtures.messages(violations) == {sprintf(`Ingress "web" brings configuration of the controller: %s`, [annotation])}
	fixtures.located(ingress({annotation: "return 200;"}), violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as ingress(value)
		is_set(rule.violation) with input as ingress({"nginx.org/server-snippets": value})
		is_set(rule.violation) with input as {"kind": "Ingress", "metadata": value}
	}
}
