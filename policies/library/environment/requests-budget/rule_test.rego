package penstock.environment.requests_budget_test

import data.penstock.environment.requests_budget as rule
import data.penstock.lib.fixtures_test as fixtures

workload(replicas, requests) := object.union(
	fixtures.container({"resources": {"requests": requests}}),
	{"spec": {"replicas": replicas}},
)

environment(objects, parameters) := {"objects": objects, "review": {"parameters": parameters}}

test_allow if {
	objects := [workload(2, {"cpu": "500m", "memory": "1Gi"}), workload(1, {"cpu": 1})]
	rule.violation == set() with input as environment(objects, {"cpu": "2", "memory": "2Gi"})
	rule.violation == set() with input as environment(objects, {"cpu": "", "memory": ""})
}

test_deny if {
	objects := [workload(3, {"cpu": "500m", "memory": "1Gi"}), workload(1, {"cpu": 1})]
	violations := rule.violation with input as environment(objects, {"cpu": "2", "memory": "2Gi"})
	fixtures.messages(violations) == {
		"the workloads request 2.5 of cpu together, and the budget is 2",
		"the workloads request 3072Mi of memory together, and the budget is 2Gi",
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as environment([object], {"cpu": "1", "memory": "1Gi"})
	}
}
