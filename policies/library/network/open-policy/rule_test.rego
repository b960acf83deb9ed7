package penstock.network.open_policy_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.open_policy as rule

policy(spec) := fixtures.named("networking.k8s.io/v1", "NetworkPolicy", "web", {"spec": spec})

test_allow[note] if {
	some note, spec in {"peers": {"ingress": [{"from": [{"podSelector": {}}]}]}, "ports": {"egress": [{"ports": [{"port": 53}]}]}, "none": {"ingress": []}, "null": {"ingress": [null]}}
	rule.violation == set() with input as policy(spec)
}

test_deny[note] if {
	some note, case in {"ingress": [{"ingress": [{}]}, "ingress"], "egress": [{"egress": [{"to": []}]}, "egress"], "null": [{"ingress": [{"from": null}]}, "ingress"]}
	violations := rule.violation with input as policy(case[0])
	fixtures.messages(violations) == {sprintf(`NetworkPolicy "web" allows all %s`, [case[1]])}
	fixtures.located(policy(case[0]), violations)
}

test_odd_types if {
	every object in fixtures.odd_specs("networking.k8s.io/v1", "NetworkPolicy", ["ingress", "egress"]) {
		is_set(rule.violation) with input as object
	}
}
