package penstock.lib.replicas_test

import data.penstock.lib.replicas

workload(spec) := {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}

scaler(kind, spec) := {"namespace": {"shop": {"any/v1": {kind: {"scaler": {"spec": object.union(
	{"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
	spec,
)}}}}}}

test_declared[note] if {
	some note, case in {
		"number": [{"replicas": 3}, 3], "zero": [{"replicas": 0}, 0], "missing": [{}, 1], "null": [{"replicas": null}, 1],
		"no spec": [null, 1], "text": [{"replicas": "3"}, "3"],
	}
	replicas.declared(workload(case[0])) == case[1]
}

test_least[note] if {
	some note, case in {
		"own": [{"replicas": 3}, {}, 3, "3 replicas"],
		"one": [{}, {}, 1, "1 replica"],
		"zero": [{"replicas": 0}, {}, 0, "0 replicas"],
		"autoscaler": [{"replicas": 1}, scaler("HorizontalPodAutoscaler", {"minReplicas": 4}), 4, "a HorizontalPodAutoscaler with minReplicas 4"],
		"autoscaler without": [{"replicas": 9}, scaler("HorizontalPodAutoscaler", {}), 1, "a HorizontalPodAutoscaler with minReplicas 1"],
		"autoscaler odd": [{"replicas": 9}, scaler("HorizontalPodAutoscaler", {"minReplicas": "4"}), 1, "a HorizontalPodAutoscaler with minReplicas 1"],
		"KEDA": [{"replicas": 9}, scaler("ScaledObject", {"minReplicaCount": 2}), 2, "a ScaledObject with minReplicaCount 2"],
		"KEDA without": [{"replicas": 9}, scaler("ScaledObject", {}), 0, "a ScaledObject with minReplicaCount 0"],
		"of another": [{"replicas": 3}, scaler("HorizontalPodAutoscaler", {"scaleTargetRef": {"name": "api"}, "minReplicas": 1}), 3, "3 replicas"],
	}
	found := replicas.least with input as workload(case[0]) with data.inventory as case[1]
	found == {"count": case[2], "text": case[3]}
}

test_most[note] if {
	some note, case in {
		"own": [{"replicas": 3}, {}, 3], "missing": [{}, {}, 1],
		"autoscaler": [{"replicas": 1}, scaler("HorizontalPodAutoscaler", {"maxReplicas": 7}), 7],
		"KEDA": [{}, scaler("ScaledObject", {"maxReplicaCount": 7}), 7], "KEDA without": [{}, scaler("ScaledObject", {}), 100],
	}
	body := workload(case[0])
	found := replicas.most(body) with input as body with data.inventory as case[1]
	found == case[2]
}

test_most_of_several_scalers if {
	body := workload({})
	first := scaler("HorizontalPodAutoscaler", {"maxReplicas": 7})
	second := scaler("ScaledObject", {"maxReplicaCount": 9})
	found := replicas.most(body) with input as body with data.inventory as object.union(first, second)
	found == 9
}

test_nearest[note] if {
	some note, case in {
		"count": [{"replicas": 3}, 3], "spec": [{"paused": true}, {"paused": true}],
		"metadata": [null, {"name": "web", "namespace": "shop"}],
	}
	replicas.nearest == case[1] with input as workload(case[0])
}
