package penstock.wiring.ingress_host_unique_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.ingress_host_unique as rule

ingress(name, host, path, class) := fixtures.named("networking.k8s.io/v1", "Ingress", name, {"spec": {
	"ingressClassName": class,
	"rules": [{"host": host, "http": {"paths": [{"path": path, "backend": {}}]}}],
}})

mine := ingress("web", "a.example.com", "/", "nginx")

test_allow[note] if {
	some note, other in {
		"itself": mine, "host": ingress("api", "b.example.com", "/", "nginx"), "path": ingress("api", "a.example.com", "/api", "nginx"),
		"class": ingress("api", "a.example.com", "/", "internal"),
		"canary": object.union(ingress("api", "a.example.com", "/", "nginx"), {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary": "true"}}}),
	}
	rule.violation == set() with input as mine with data.inventory as fixtures.inventory([mine, other])
}

test_deny[note] if {
	some note, other in {
		"same": ingress("api", "a.example.com", "/", "nginx"),
		"no path": object.remove(ingress("api", "a.example.com", null, "nginx"), []),
	}
	violations := rule.violation with input as mine with data.inventory as fixtures.inventory([mine, other])
	fixtures.messages(violations) == {`Ingress "web" serves a.example.com/, and so does Ingress shop/api`}
	fixtures.located(mine, violations)
}

test_deny_in_another_namespace if {
	other := object.union(mine, {"metadata": {"namespace": "other"}})
	violations := rule.violation with input as mine with data.inventory as fixtures.inventory([mine, other])
	fixtures.messages(violations) == {`Ingress "web" serves a.example.com/, and so does Ingress other/web`}
}

test_deny_a_rule_without_a_host if {
	all := ingress("web", "", "/x", "nginx")
	other := fixtures.named("networking.k8s.io/v1", "Ingress", "api", {"spec": {
		"ingressClassName": "nginx",
		"rules": [{"http": {"paths": [{"path": "/x"}]}}],
	}})
	count(rule.violation) == 1 with input as all with data.inventory as fixtures.inventory([all, other])
}

test_deny_all_hosts if {
	all := ingress("web", "", "/x", "nginx")
	violations := rule.violation with input as all with data.inventory as fixtures.inventory([ingress("api", "", "/x", "nginx")])
	fixtures.messages(violations) == {`Ingress "web" serves all hosts, /x, and so does Ingress shop/api`}
}

test_odd_types if {
	every body in fixtures.odd_specs("networking.k8s.io/v1", "Ingress", ["rules", "ingressClassName"]) {
		is_set(rule.violation) with input as mine with data.inventory as fixtures.inventory([body])
		is_set(rule.violation) with input as body with data.inventory as fixtures.inventory([mine])
	}
}
