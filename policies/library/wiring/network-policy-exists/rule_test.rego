package penstock.wiring.network_policy_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.network_policy_exists as rule

workload(pod) := fixtures.named("apps/v1", "Deployment", "web", {"spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": pod}}})

policy(selector) := fixtures.inventory([fixtures.named("networking.k8s.io/v1", "NetworkPolicy", "n", {"spec": {"podSelector": selector}})])

test_allow[note] if {
	some note, selector in {"all": {}, "label": {"matchLabels": {"app": "web"}}}
	rule.violation == set() with input as workload({}) with data.inventory as policy(selector)
}

test_allow_host_network if {
	rule.violation == set() with input as workload({"hostNetwork": true})
}

test_deny[note] if {
	some note, selector in {"other": {"matchLabels": {"app": "api"}}, "null": null, "text": "x"}
	violations := rule.violation with input as workload({}) with data.inventory as policy(selector)
	fixtures.messages(violations) == {`no NetworkPolicy selects the pods of Deployment "web"`}
	fixtures.located(workload({}), violations)
}

test_deny_without_policies if {
	count(rule.violation) == 1 with input as workload({})
}

test_odd_types if {
	every body in fixtures.odd {
		is_set(rule.violation) with input as body with data.inventory as policy({"matchLabels": {"app": "x"}})
	}
}
