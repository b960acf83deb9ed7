package penstock.change.destructive_delete_test

import data.penstock.change.destructive_delete as rule
import data.penstock.lib.fixtures_test as fixtures

keep := {
	"kustomize.toolkit.fluxcd.io/prune": "disabled",
	"argocd.argoproj.io/sync-options": "Prune=false",
}

deleted(kind, metadata, spec) := reviewed(kind, metadata, spec, "DELETE", {"keep": keep})

reviewed(kind, metadata, spec, operation, parameters) := {
	"kind": kind,
	"metadata": object.union({"name": "data"}, metadata),
	"spec": spec,
	"review": {"operation": operation, "parameters": parameters},
}

test_deny[note] if {
	some note, case in {
		"claim": ["PersistentVolumeClaim", {}, ", and its volume with it unless the volume is retained"],
		"volume": ["PersistentVolume", {"persistentVolumeReclaimPolicy": "Delete"}, ", and its storage with it"],
		"volume without a policy": ["PersistentVolume", {}, ", and its storage with it"],
		"retained volume": [
			"PersistentVolume", {"persistentVolumeReclaimPolicy": "Retain"},
			"; its reclaim policy keeps the storage, but no claim finds it again",
		],
		"stateful set": ["StatefulSet", {}, "; its replicas stop at once, and their claims stay behind"],
		"stateful set that keeps": [
			"StatefulSet", {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain"}},
			"; its replicas stop at once, and their claims stay behind",
		],
		"stateful set with its claims": [
			"StatefulSet", {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}},
			", and the claims of its replicas with it (persistentVolumeClaimRetentionPolicy)",
		],
		"namespace": ["Namespace", null, ", and everything in it, volumes included"],
		"definition": ["CustomResourceDefinition", {}, ", and every object of its kind in the cluster with it"],
	}
	body := deleted(case[0], {}, case[1])
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf("%s \"data\" is deleted%s", [case[0], case[2]])}
	fixtures.located(body, violations)
	{v.path | some v in violations} == {["metadata", "name"]}
}

test_allow_other_operations[operation] if {
	some operation in ["CREATE", "UPDATE", "", null]
	rule.violation == set() with input as reviewed("Namespace", {}, {}, operation, {"keep": keep})
}

test_allow_without_a_review if {
	rule.violation == set() with input as {"kind": "Namespace", "metadata": {"name": "shop"}}
}

test_allow_other_kinds[kind] if {
	some kind in ["ConfigMap", "Deployment", "Service", null]
	rule.violation == set() with input as deleted(kind, {}, {})
}

test_allow_what_the_deployer_keeps[note] if {
	some note, annotations in {
		"Flux": {"kustomize.toolkit.fluxcd.io/prune": "disabled"},
		"Argo CD": {"argocd.argoproj.io/sync-options": "Prune=false"},
		"Argo CD with others": {"argocd.argoproj.io/sync-options": "Replace=true, Prune=false"},
	}
	rule.violation == set() with input as deleted("PersistentVolumeClaim", {"annotations": annotations}, {})
}

test_deny_what_is_not_kept[note] if {
	some note, annotations in {
		"null": null, "text": "x", "Flux enabled": {"kustomize.toolkit.fluxcd.io/prune": "enabled"},
		"Argo CD prunes": {"argocd.argoproj.io/sync-options": "Prune=true"},
		"Argo CD part": {"argocd.argoproj.io/sync-options": "NoPrune=false"},
		"Helm": {"helm.sh/resource-policy": "keep"}, "boolean": {"kustomize.toolkit.fluxcd.io/prune": false},
	}
	count(rule.violation) == 1 with input as deleted("PersistentVolumeClaim", {"annotations": annotations}, {})
}

test_parameters_of_no_use_keep_nothing[note] if {
	some note, parameters in {"undefined": {}, "null": {"keep": null}, "list": {"keep": ["kustomize.toolkit.fluxcd.io/prune"]}}
	metadata := {"annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}}
	count(rule.violation) == 1 with input as reviewed("Namespace", metadata, {}, "DELETE", parameters)
}
