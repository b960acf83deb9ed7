package penstock.change.ingress_host_removed_test

import data.penstock.change.ingress_host_removed as rule
import data.penstock.lib.fixtures_test as fixtures

rules(hosts) := {"spec": {"rules": [{"host": host} | some host in hosts]}}

body(before, after) := fixtures.changed("networking.k8s.io/v1", "Ingress", rules(before), rules(after))

deleted(hosts) := object.union(fixtures.named("networking.k8s.io/v1", "Ingress", "web", rules(hosts)), {"review": {"operation": "DELETE"}})

other := fixtures.inventory([fixtures.named("networking.k8s.io/v1", "Ingress", "other", rules(["b.example.com"]))])

route := fixtures.inventory([fixtures.named("gateway.networking.k8s.io/v1", "HTTPRoute", "r", {"spec": {"hostnames": ["A.example.com"]}})])

test_allow[note] if {
	some note, object in {"same": body(["a.example.com"], ["A.example.com"]), "more": body(["a.example.com"], ["a.example.com", "c.example.com"]), "moved": body(["b.example.com"], []), "deleted and moved": deleted(["b.example.com"])}
	rule.violation == set() with input as object with data.inventory as other
}

test_allow_a_route if rule.violation == set() with input as deleted(["a.example.com"]) with data.inventory as route

test_deny[note] if {
	some note, object in {"removed": body(["a.example.com", "c.example.com"], ["c.example.com"]), "deleted": deleted(["a.example.com"])}
	violations := rule.violation with input as object with data.inventory as other
	fixtures.messages(violations) == {`Ingress "web" no longer serves a.example.com, and no other one does`}
	fixtures.located(object, violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.changed("networking.k8s.io/v1", "Ingress", {"spec": value}, {"spec": value})
		is_set(rule.violation) with input as fixtures.changed("networking.k8s.io/v1", "Ingress", rules(["a"]), {"spec": {"rules": value}})
		is_set(rule.violation) with input as body(["a.example.com"], []) with data.inventory as fixtures.inventory([fixtures.named("gateway.networking.k8s.io/v1", "HTTPRoute", "r", {"spec": value})])
	}
}
