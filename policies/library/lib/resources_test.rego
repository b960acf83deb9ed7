package penstock.lib.resources_test

import data.penstock.lib.resources

test_given[note] if {
	some note, quantity in {"quantity": "1Gi", "number": 1, "fraction": 0.5, "milli": "1m"}
	resources.limited({"resources": {"limits": {"memory": quantity}}}, "memory")
	resources.requested({"resources": {"limits": {"memory": quantity}}}, "memory")
	resources.requested({"resources": {"requests": {"memory": quantity}}}, "memory")
	not resources.limited({"resources": {"requests": {"memory": quantity}}}, "memory")
}

test_not_given[note] if {
	some note, quantity in {"null": null, "empty": "", "zero": 0, "zero as text": "0", "false": false}
	not resources.limited({"resources": {"limits": {"memory": quantity}}}, "memory")
	not resources.requested({"resources": {"requests": {"memory": quantity}}}, "memory")
}

test_nothing[note] if {
	some note, holder in {"null": null, "empty": {}, "text": {"resources": "x"}, "limits text": {"resources": {"limits": "x"}}}
	not resources.limited(holder, "memory")
	not resources.requested(holder, "memory")
}

test_nearest[note] if {
	some note, case in {
		"field": [{"resources": {"limits": {"cpu": 1}}}, {"cpu": 1}],
		"resources": [{"resources": {"limits": null}}, {"limits": null}],
		"container": [{"resources": null}, {"resources": null}],
	}
	resources.nearest(case[0], "limits") == case[1]
}
