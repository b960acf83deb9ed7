package penstock.reliability.pdb_blocks_eviction_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.pdb_blocks_eviction as rule

budget(spec) := {
	"apiVersion": "policy/v1",
	"kind": "PodDisruptionBudget",
	"metadata": {"name": "b", "namespace": "shop"},
	"spec": object.union({"selector": {"matchLabels": {"app": "web"}}}, spec),
}

workload(kind, replicas) := {
	"kind": kind,
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": "web"}}}},
}

# rendered is an inventory of the namespace shop: objects by kind and name.
rendered(kinds) := {"namespace": {"shop": {"v1": kinds}}}

running(replicas) := rendered({"Deployment": {"web": workload("Deployment", replicas)}})

test_allow[note] if {
	some note, case in {
		"one may go": [{"maxUnavailable": 1}, 1], "percentage may go": [{"maxUnavailable": "1%"}, 1],
		"less than all": [{"minAvailable": 2}, 3], "half": [{"minAvailable": "50%"}, 2], "99%": [{"minAvailable": "66%"}, 3],
		"none needed": [{"minAvailable": 0}, 1], "none needed in percent": [{"minAvailable": "0%"}, 1],
		"no pods": [{"minAvailable": 1}, 0], "neither": [{}, 1], "null": [{"minAvailable": null, "maxUnavailable": null}, 1],
		"odd text": [{"minAvailable": "many"}, 1], "odd list": [{"minAvailable": [1], "maxUnavailable": []}, 1],
		"odd replicas": [{"minAvailable": 1}, "1"],
	}
	rule.violation == set() with input as budget(case[0]) with data.inventory as running(case[1])
}

test_allow_without_workloads if {
	rule.violation == set() with input as budget({"minAvailable": 3})
	rule.violation == set() with input as budget({"minAvailable": 3}) with data.inventory as rendered({})
}

test_deny_whatever_the_workload[note] if {
	some note, case in {
		"none may go": [{"maxUnavailable": 0}, "maxUnavailable is 0"],
		"0%": [{"maxUnavailable": "0%"}, "maxUnavailable is 0%"],
		"zero as text": [{"maxUnavailable": "0"}, "maxUnavailable is 0"],
		"all": [{"minAvailable": "100%"}, "minAvailable is 100%"],
		"more than all": [{"minAvailable": "120%"}, "minAvailable is 120%"],
	}
	body := budget(case[0])
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf("PodDisruptionBudget \"b\" blocks every eviction: %s", [case[1]])}
	fixtures.located(body, violations)
}

test_deny_by_replicas[note] if {
	some note, case in {
		"as many": [3, 3], "more": [5, 3], "single": [1, 1], "rounded up": ["51%", 1], "two thirds of two": ["67%", 2], "any of one": ["1%", 1],
	}
	body := budget({"minAvailable": case[0]})
	violations := rule.violation with input as body with data.inventory as running(case[1])
	fixtures.messages(violations) == {sprintf(
		"PodDisruptionBudget \"b\" blocks every eviction: minAvailable is %v, and the pods that it selects are at most %v",
		[case[0], case[1]],
	)}
	fixtures.located(body, violations)
}

test_missing_replicas_are_one if {
	one := {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"metadata": {"labels": {"app": "web"}}}}}
	count(rule.violation) == 1 with input as budget({"minAvailable": 1}) with data.inventory as rendered({"Deployment": {"web": one}})
}

test_pods_of_all_selected_workloads_count if {
	kinds := {"Deployment": {"web": workload("Deployment", 1)}, "StatefulSet": {"web": workload("StatefulSet", 2)}}
	rule.violation == set() with input as budget({"minAvailable": 2}) with data.inventory as rendered(kinds)
	count(rule.violation) == 1 with input as budget({"minAvailable": 3}) with data.inventory as rendered(kinds)
}

test_pods_of_a_daemon_set_cannot_be_counted if {
	kinds := {"Deployment": {"web": workload("Deployment", 1)}, "DaemonSet": {"web": workload("DaemonSet", null)}}
	rule.violation == set() with input as budget({"minAvailable": 1}) with data.inventory as rendered(kinds)
}

test_autoscaler_may_add_pods if {
	kinds := {
		"Deployment": {"web": workload("Deployment", 1)},
		"HorizontalPodAutoscaler": {"h": {"spec": {"maxReplicas": 4, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}}},
	}
	rule.violation == set() with input as budget({"minAvailable": 3}) with data.inventory as rendered(kinds)
	count(rule.violation) == 1 with input as budget({"minAvailable": 4}) with data.inventory as rendered(kinds)
}

test_selector[note] if {
	some note, case in {
		"all": [{}, 1], "another": [{"matchLabels": {"app": "api"}}, 0], "null": [null, 0],
		"expression": [{"matchExpressions": [{"key": "app", "operator": "Exists"}]}, 1],
	}
	body := {"kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "shop"}, "spec": {"minAvailable": 1, "selector": case[0]}}
	count(rule.violation) == case[1] with input as body with data.inventory as running(1)
}

test_another_namespace if {
	body := object.union(budget({"minAvailable": 1}), {"metadata": {"namespace": "other"}})
	rule.violation == set() with input as body with data.inventory as running(1)
}

changed(kind, before, after, operation) := object.union(
	workload(kind, after),
	{"review": {"operation": operation, "oldObject": workload(kind, before)}},
)

guarded(spec) := rendered({
	"Deployment": {"web": workload("Deployment", 1)},
	"PodDisruptionBudget": {"b": budget(spec)},
})

test_deny_replicas_that_make_a_budget_block if {
	violations := rule.violation with input as changed("Deployment", 3, 1, "UPDATE") with data.inventory as guarded({"minAvailable": 1})
	fixtures.messages(violations) == {sprintf("%s %s", [
		"Deployment \"web\" cannot be evicted any more: minAvailable of PodDisruptionBudget \"b\"",
		"is 1, and the pods that it selects are at most 1",
	])}
	fixtures.located(workload("Deployment", 1), violations)
}

test_allow_replicas[note] if {
	some note, case in {
		"unchanged": [changed("Deployment", 1, 1, "UPDATE"), {"minAvailable": 1}],
		"created": [changed("Deployment", 3, 1, "CREATE"), {"minAvailable": 1}],
		"enough left": [changed("Deployment", 3, 1, "UPDATE"), {"minAvailable": 0}],
		"other budget": [changed("Deployment", 3, 1, "UPDATE"), {"minAvailable": 1, "selector": {"matchLabels": {"app": "api"}}}],
		"no old object": [workload("Deployment", 1), {"minAvailable": 1}],
	}
	rule.violation == set() with input as case[0] with data.inventory as guarded(case[1])
}
