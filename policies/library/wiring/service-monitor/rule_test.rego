package penstock.wiring.service_monitor_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.service_monitor as rule

monitor(spec) := fixtures.named("monitoring.coreos.com/v1", "ServiceMonitor", "web", {"spec": spec})

rendered := fixtures.inventory([
	object.union(fixtures.named("v1", "Service", "web", {"spec": {"ports": [{"name": "metrics", "port": 90}]}}), {"metadata": {"labels": {"app": "web"}}}),
	{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "other", "labels": {"app": "api"}}},
	{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "bare", "namespace": "third"}},
])

test_allow[note] if {
	some note, spec in {
		"labels": {"selector": {"matchLabels": {"app": "web"}}, "endpoints": [{"port": "metrics"}]},
		"everything": {"selector": {}, "endpoints": [{"targetPort": 90}]},
		"any namespace": {"selector": {"matchLabels": {"app": "api"}}, "namespaceSelector": {"any": true}},
		"named namespace": {"selector": {"matchLabels": {"app": "api"}}, "namespaceSelector": {"matchNames": ["other"]}},
		"namespace that is not rendered": {"selector": {"matchLabels": {"app": "x"}}, "namespaceSelector": {"matchNames": ["gone"]}},
		"null": {"selector": null},
	}
	rule.violation == set() with input as monitor(spec) with data.inventory as rendered
}

test_deny[note] if {
	some note, case in {
		"labels": [{"selector": {"matchLabels": {"app": "x"}}}, "selects no Service"],
		"another namespace": [{"selector": {"matchLabels": {"app": "api"}}}, "selects no Service"],
		"service without labels": [{"selector": {"matchLabels": {"app": "x"}}, "namespaceSelector": {"matchNames": ["third"]}}, "selects no Service"],
		"port": [{"selector": {"matchLabels": {"app": "web"}}, "endpoints": [{"port": "http"}]}, `names the port "http", which none of its Services has`],
	}
	violations := rule.violation with input as monitor(case[0]) with data.inventory as rendered
	fixtures.messages(violations) == {sprintf("ServiceMonitor %q %s", ["web", case[1]])}
	fixtures.located(monitor(case[0]), violations)
}

test_odd_types if {
	every body in fixtures.odd_specs("monitoring.coreos.com/v1", "ServiceMonitor", ["selector", "endpoints", "namespaceSelector"]) {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
}
