package penstock.governance.default_namespace_test

import data.penstock.governance.default_namespace as rule
import data.penstock.lib.fixtures_test as fixtures

config(metadata) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}

test_allow[namespace] if {
	some namespace in ["shop", "kube-system", "default-tenant", "Default"]
	rule.violation == set() with input as config({"name": "c", "namespace": namespace})
}

test_allow_a_namespace_of_the_review if {
	rule.violation == set() with input as {"kind": "ConfigMap", "metadata": {"name": "c"}, "review": {"namespace": "shop"}}
}

test_deny_default if {
	body := config({"name": "c", "namespace": "default"})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {"ConfigMap \"c\" is in the namespace default"}
	fixtures.located(body, violations)
}

test_deny_none[note] if {
	some note, metadata in {
		"missing": {"name": "c"}, "empty": {"name": "c", "namespace": ""}, "null": {"name": "c", "namespace": null},
		"number": {"name": "c", "namespace": 1},
	}
	body := config(metadata)
	violations := rule.violation with input as body
	fixtures.messages(violations) == {"ConfigMap \"c\" names no namespace"}
	fixtures.located(body, violations)
}

test_deny_the_default_of_a_review if {
	count(rule.violation) == 1 with input as {"kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}, "review": {"namespace": "default"}}
	count(rule.violation) == 1 with input as {"kind": "ConfigMap", "metadata": {"name": "c"}, "review": {"namespace": "default"}}
}
