package penstock.network.ingress_class_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.ingress_class as rule

test_allow if {
	rule.violation == set() with input as fixtures.named("networking.k8s.io/v1", "Ingress", "web", {"spec": {"ingressClassName": "nginx"}})
	rule.violation == set() with input as {"kind": "Ingress", "metadata": {"name": "web", "annotations": {"kubernetes.io/ingress.class": "nginx"}}, "spec": {}}
}

test_deny[note] if {
	some note, spec in {"none": {}, "empty": {"ingressClassName": ""}, "null": {"ingressClassName": null}}
	violations := rule.violation with input as fixtures.named("networking.k8s.io/v1", "Ingress", "web", {"spec": spec})
	fixtures.messages(violations) == {`Ingress "web" names no class`}
}

test_odd_types if {
	every object in fixtures.odd_specs("networking.k8s.io/v1", "Ingress", ["ingressClassName"]) {
		is_set(rule.violation) with input as object
	}
}
