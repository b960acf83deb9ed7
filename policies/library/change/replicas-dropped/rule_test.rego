package penstock.change.replicas_dropped_test

import data.penstock.change.replicas_dropped as rule
import data.penstock.lib.fixtures_test as fixtures

scaled(before, after) := fixtures.changed("apps/v1", "Deployment", {"spec": before}, {"spec": after})

test_allow[note] if {
	some note, case in {
		"up": [{"replicas": 1}, {"replicas": 5}], "half": [{"replicas": 4}, {"replicas": 2}], "same": [{"replicas": 3}, {"replicas": 3}],
		"to the default": [{}, {"replicas": 1}], "from none": [{"replicas": 0}, {"replicas": 0}], "text": [{"replicas": "4"}, {"replicas": 0}], "null": [null, null],
	}
	rule.violation == set() with input as scaled(case[0], case[1])
}

test_deny[note] if {
	some note, case in {
		"none": [{"replicas": 2}, {"replicas": 0}, "from 2 to 0"], "default to none": [{}, {"replicas": 0}, "from 1 to 0"],
		"more than half": [{"replicas": 5}, {"replicas": 2}, "from 5 to 2"], "to the default": [{"replicas": 6}, {}, "from 6 to 1"],
	}
	object := scaled(case[0], case[1])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`Deployment "web" goes %s (replicas)`, [case[2]])}
	every v in violations {
		v.path == ["spec", "replicas"]
	}
}

test_autoscaler[note] if {
	some note, case in {"minimum": [{"minReplicas": 6, "maxReplicas": 9}, {"minReplicas": 2, "maxReplicas": 9}, 1], "both": [{"minReplicas": 6, "maxReplicas": 9}, {"minReplicas": 1, "maxReplicas": 2}, 2], "default": [{"maxReplicas": 9}, {"maxReplicas": 9}, 0]}
	object := fixtures.changed("autoscaling/v2", "HorizontalPodAutoscaler", {"spec": case[0]}, {"spec": case[1]})
	violations := rule.violation with input as object
	count(violations) == case[2]
	fixtures.located(object, violations)
}

test_parameters[note] if {
	some note, case in {"less": [{"share": 10}, 1], "more": [{"share": 90}, 0], "wrong": [{"share": "90"}, 0]}
	reviewed := object.union(scaled({"replicas": 4}, {"replicas": 2}), {"review": {"parameters": case[0]}})
	count(rule.violation) == case[1] with input as reviewed
}

test_without_an_old_object if {
	rule.violation == set() with input as fixtures.named("apps/v1", "Deployment", "web", {"spec": {"replicas": 0}})
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as scaled(value, {"replicas": 0})
		is_set(rule.violation) with input as scaled({"replicas": value}, {"replicas": 0})
		is_set(rule.violation) with input as scaled({"replicas": 4}, value)
	}
}
