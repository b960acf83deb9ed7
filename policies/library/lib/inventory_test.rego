package penstock.lib.inventory_test

import data.penstock.lib.inventory

inventory_data := {
	"namespace": {
		"shop": {
			"v1": {"Service": {"web": {"metadata": {"name": "web"}}}},
			"autoscaling/v2": {"HorizontalPodAutoscaler": {"web": {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}}}},
			"autoscaling/v1": {"HorizontalPodAutoscaler": {"old": {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}}}},
		},
		"other": {"v1": {"Service": {"other": {"metadata": {"name": "other"}}}}},
	},
	"cluster": {"v1": {"Service": {"homeless": {"metadata": {"name": "homeless"}}}}},
}

test_neighbours[namespace] if {
	some namespace, found in {"shop": ["web"], "other": ["other"], "empty": [], "": ["homeless"]}
	objects := inventory.neighbours("Service") with input as {"metadata": {"namespace": namespace}}
		with data.inventory as inventory_data
	[o.metadata.name | some o in objects] == found
}

test_neighbours_of_every_api_version if {
	objects := inventory.neighbours("HorizontalPodAutoscaler") with input as {"metadata": {"namespace": "shop"}}
		with data.inventory as inventory_data
	count(objects) == 2
}

test_neighbours_without_an_inventory if {
	inventory.neighbours("Service") == [] with input as {"metadata": {"namespace": "shop"}}
	inventory.neighbours("Service") == [] with input as {}
}

test_autoscalers[note] if {
	some note, case in {
		"two": ["Deployment", "web", 2], "another kind": ["StatefulSet", "web", 0], "another name": ["Deployment", "api", 0],
	}
	found := inventory.autoscalers(case[0], case[1]) with input as {"metadata": {"namespace": "shop"}}
		with data.inventory as inventory_data
	count(found) == case[2]
}

labels := {"app": "web", "tier": "front"}

test_selects[note] if {
	some note, selector in {
		"empty": {}, "label": {"matchLabels": {"app": "web"}}, "labels": {"matchLabels": labels},
		"null labels": {"matchLabels": null}, "null expressions": {"matchExpressions": null},
		"in": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]},
		"not in": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]},
		"not in, absent": {"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]},
		"exists": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]},
		"absent": {"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]},
		"both": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]},
	}
	inventory.selects(selector, labels)
}

test_selects_not[note] if {
	some note, selector in {
		"null": null, "text": "app=web", "another value": {"matchLabels": {"app": "api"}},
		"another label": {"matchLabels": {"zone": "a"}}, "one of two": {"matchLabels": {"app": "web", "zone": "a"}},
		"in": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]},
		"in, absent": {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]},
		"not in": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]},
		"exists": {"matchExpressions": [{"key": "zone", "operator": "Exists"}]},
		"absent": {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
		"unknown operator": {"matchExpressions": [{"key": "app", "operator": "Like", "values": ["web"]}]},
		"second expression": {"matchExpressions": [{"key": "app", "operator": "Exists"}, {"key": "zone", "operator": "Exists"}]},
	}
	not inventory.selects(selector, labels)
}

test_opaque[note] if {
	some note, case in {
		"an operator": ["shop", "kafka.strimzi.io/v1beta2", "Kafka", true], "a deployer elsewhere": ["flux-system", "helm.toolkit.fluxcd.io/v2", "HelmRelease", true],
		"a monitor": ["shop", "monitoring.coreos.com/v1", "ServiceMonitor", false], "a mesh": ["shop", "networking.istio.io/v1", "Gateway", false],
		"a built-in": ["shop", "networking.k8s.io/v1", "Ingress", false], "an operator elsewhere": ["other", "kafka.strimzi.io/v1beta2", "Kafka", false],
	}
	objects := {"namespace": {case[0]: {case[1]: {case[2]: {"x": {}}}}}}
	found := {inventory.opaque | true} with input as {"metadata": {"namespace": "shop"}} with data.inventory as objects
	found == {true} == case[3]
}

test_kube_system_is_opaque if inventory.opaque with input as {"metadata": {"namespace": "kube-system"}} with data.inventory as {}

test_picked if {
	web := {"kind": "Deployment", "spec": {"template": {"metadata": {"labels": {"app": "web", "tier": "a"}}}}}
	objects := {"namespace": {"shop": {"apps/v1": {"Deployment": {"web": web}}}}}
	every selector, found in {{"app": "web"}: 1, {"app": "web", "tier": "b"}: 0, {}: 0, {"tier": "a"}: 1} {
		count(inventory.picked(selector)) == found with input as {"metadata": {"namespace": "shop"}} with data.inventory as objects
	}
}
