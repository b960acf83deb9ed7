package penstock.resources.empty_dir_limit_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.resources.empty_dir_limit as rule

pod(volume) := {"volumes": [object.union({"name": "v"}, volume)]}

test_allow[note] if {
	some note, volume in {"limit": {"emptyDir": {"sizeLimit": "1Gi"}}, "other": {"configMap": {}}, "null": {"emptyDir": null}}
	rule.violation == set() with input as fixtures.deployment(pod(volume))
}

test_deny[note] if {
	some note, volume in {"none": {}, "memory": {"medium": "Memory"}, "zero": {"sizeLimit": 0}, "null": {"sizeLimit": null}}
	every object in fixtures.wrapped(pod({"emptyDir": volume})) {
		violations := rule.violation with input as object
		fixtures.messages(violations) == {`volume "v" is an emptyDir without a size limit`}
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
