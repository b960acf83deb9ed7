package penstock.security.volume_types_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.volume_types as rule

volume(source) := fixtures.deployment({"volumes": [{"name": "fine", "emptyDir": {}}, object.union({"name": "data"}, source)]})

test_allow[type] if {
	some type in ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"]
	rule.violation == set() with input as volume({type: {}})
}

test_allow_a_volume_without_a_source[note] if {
	some note, source in {"none": {}, "null": {"emptyDir": null}, "null host path": {"hostPath": null}}
	rule.violation == set() with input as volume(source)
}

test_deny[type] if {
	some type in [
		"hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume",
		"cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk",
		"portworxVolume", "scaleIO", "storageos", "emptydir", "madeUp",
	]
	object := volume({type: {"x": 1}})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("volume \"data\" is of the type %s", [type])}
	fixtures.located(object, violations)
	{v.path | some v in violations} == {["spec", "template", "spec", "volumes", 1, type]}
}

test_deny_two_types_by_both if {
	violations := rule.violation with input as volume({"hostPath": {}, "nfs": {}})
	count(violations) == 2
}

test_allowed if {
	object := fixtures.deployment({"volumes": [{"name": "a", "nfs": {}}, {"name": "b", "hostPath": {}}]})
	violations := rule.violation with input as fixtures.with_parameters(object, {"allowed": ["nfs"]})
	fixtures.messages(violations) == {"volume \"b\" is of the type hostPath"}
}

test_parameters_of_no_use_allow_nothing[note] if {
	some note, parameters in {"undefined": {}, "null": {"allowed": null}, "number": {"allowed": 1}, "object": {"allowed": {"a": "nfs"}}}
	count(rule.violation) == 1 with input as fixtures.with_parameters(volume({"nfs": {}}), parameters)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"volumes": [{"name": "a", "nfs": {}}, {"name": "b", "emptyDir": {}}, {"name": "c", "rbd": {}}]})
	violations := rule.violation with input as object
	count(violations) == 2
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
