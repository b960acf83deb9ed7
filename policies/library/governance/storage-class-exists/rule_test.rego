package penstock.governance.storage_class_exists_test

import data.penstock.governance.storage_class_exists as rule
import data.penstock.lib.fixtures_test as fixtures

rendered := fixtures.inventory([{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}}])

claim(class) := fixtures.named("v1", "PersistentVolumeClaim", "data", {"spec": {"storageClassName": class}})

test_allow[class] if {
	some class in ["fast", "", null, 1]
	rule.violation == set() with input as claim(class) with data.inventory as rendered
}

test_deny if {
	violations := rule.violation with input as claim("slow") with data.inventory as rendered
	fixtures.messages(violations) == {`PersistentVolumeClaim "data" names the storage class "slow", which is not rendered`}
	fixtures.located(claim("slow"), violations)
}

test_deny_templates if {
	object := fixtures.named("apps/v1", "StatefulSet", "db", {"spec": {"volumeClaimTemplates": [{"spec": {"storageClassName": "slow"}}]}})
	violations := rule.violation with input as object with data.inventory as rendered
	fixtures.messages(violations) == {`StatefulSet "db" names the storage class "slow", which is not rendered`}
	fixtures.located(object, violations)
}

test_present[note] if {
	some note, case in {"listed": [{"present": ["s*"]}, 0], "null": [{"present": null}, 1]}
	count(rule.violation) == case[1] with input as fixtures.with_parameters(claim("slow"), case[0])
}

test_odd_types if {
	every object in fixtures.odd_specs("v1", "PersistentVolumeClaim", ["storageClassName"]) {
		is_set(rule.violation) with input as object
	}
	every object in fixtures.odd_specs("apps/v1", "StatefulSet", ["volumeClaimTemplates"]) {
		is_set(rule.violation) with input as object
	}
}
