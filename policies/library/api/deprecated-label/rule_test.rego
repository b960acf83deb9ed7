package penstock.api.deprecated_label_test

import data.penstock.api.deprecated_label as rule
import data.penstock.lib.fixtures_test as fixtures

affinity(expression) := {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}}}

test_allow[note] if {
	some note, pod in {
		"label": {"nodeSelector": {"kubernetes.io/os": "linux"}}, "none": {}, "null": {"nodeSelector": null},
		"absence": affinity({"key": "node-role.kubernetes.io/master", "operator": "DoesNotExist"}),
		"spread": {"topologySpreadConstraints": [{"topologyKey": "topology.kubernetes.io/zone"}]},
	}
	rule.violation == set() with input as fixtures.deployment(pod)
}

test_deny[note] if {
	some note, case in {
		"selector": [{"nodeSelector": {"beta.kubernetes.io/os": "linux"}}, "selects nodes by the label beta.kubernetes.io/os; use kubernetes.io/os"],
		"affinity": [affinity({"key": "node-role.kubernetes.io/master", "operator": "Exists"}), "selects nodes by the label node-role.kubernetes.io/master; use node-role.kubernetes.io/control-plane"],
		"spread": [{"topologySpreadConstraints": [{"topologyKey": "failure-domain.beta.kubernetes.io/zone"}]}, "is spread by the label failure-domain.beta.kubernetes.io/zone; use topology.kubernetes.io/zone"],
	}
	every object in fixtures.wrapped(case[0]) {
		violations := rule.violation with input as object
		fixtures.messages(violations) == {sprintf("the pod %s", [case[1]])}
		fixtures.located(object, violations)
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.deployment({"nodeSelector": value, "topologySpreadConstraints": value, "affinity": value})
		is_set(rule.violation) with input as fixtures.deployment(affinity(value))
	}
}
