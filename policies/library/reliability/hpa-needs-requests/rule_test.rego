package penstock.reliability.hpa_needs_requests_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.reliability.hpa_needs_requests as rule

hpa(spec) := fixtures.named("autoscaling/v2", "HorizontalPodAutoscaler", "h", {"spec": object.union({"scaleTargetRef": {"kind": "Deployment", "name": "web"}}, spec)})

utilised(resource, type) := hpa({"metrics": [{"type": "Resource", "resource": {"name": resource, "target": {"type": type}}}, null]})

test_allow[note] if {
	some note, case in {
		"request": [{"requests": {"cpu": 1}}, utilised("cpu", "Utilization")], "limit": [{"limits": {"cpu": 1}}, utilised("cpu", "Utilization")],
		"average": [{}, utilised("cpu", "AverageValue")], "no metrics": [{}, hpa({})],
		"other metric": [{}, hpa({"metrics": [{"type": "External", "external": {}}]})],
	}
	rule.violation == set() with input as fixtures.container({"resources": case[0]}) with data.inventory as fixtures.inventory([case[1]])
}

test_allow_defaults if {
	range := fixtures.named("v1", "LimitRange", "l", {})
	rule.violation == set() with input as fixtures.container({}) with data.inventory as fixtures.inventory([utilised("cpu", "Utilization"), range])
}

test_deny[note] if {
	some note, case in {
		"cpu": [{}, utilised("cpu", "Utilization"), "cpu"], "memory": [{"requests": {"cpu": 1}}, utilised("memory", "Utilization"), "memory"],
		"old form": [{}, hpa({"targetCPUUtilizationPercentage": 80}), "cpu"],
	}
	body := fixtures.container({"resources": case[0]})
	violations := rule.violation with input as body with data.inventory as fixtures.inventory([case[1]])
	fixtures.messages(violations) == {sprintf(`container "web" requests no %s, which HorizontalPodAutoscaler "h" measures by`, [case[2]])}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.container({}) with data.inventory as fixtures.inventory([hpa({"metrics": value})])
	}
}
