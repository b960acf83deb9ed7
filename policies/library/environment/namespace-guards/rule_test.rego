package penstock.environment.namespace_guards_test

import data.penstock.environment.namespace_guards as rule
import data.penstock.lib.fixtures_test as fixtures

namespace(name) := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}

policy(namespace) := {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": namespace}}

environment(objects) := {"objects": objects, "review": {"parameters": {"kinds": ["NetworkPolicy"], "ignored": ["kube-*"]}}}

test_allow[i] if {
	some i, objects in [[], [namespace("a"), policy("a")], [namespace("kube-system")], [policy("b")]]
	rule.violation == set() with input as environment(objects)
}

test_deny if {
	violations := rule.violation with input as environment([namespace("a"), namespace("b"), policy("b")])
	fixtures.messages(violations) == {`the namespace "a" has no NetworkPolicy`}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as environment([object])
	}
}
