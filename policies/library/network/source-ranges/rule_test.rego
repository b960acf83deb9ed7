package penstock.network.source_ranges_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.source_ranges as rule

service(spec, annotations) := fixtures.with_parameters(
	{"kind": "Service", "metadata": {"name": "web", "annotations": annotations}, "spec": spec},
	{"internal": ["example.com/internal"]},
)

test_allow[note] if {
	some note, object in {
		"ranges": service({"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8"]}, {}), "internal": service({"type": "LoadBalancer"}, {"example.com/internal": "true"}),
		"other": service({"type": "ClusterIP"}, {}), "none": service({}, {}),
	}
	rule.violation == set() with input as object
}

test_deny[note] if {
	some note, object in {
		"open": service({"type": "LoadBalancer"}, {}), "everything": service({"type": "LoadBalancer", "loadBalancerSourceRanges": ["0.0.0.0/0"]}, {}),
		"empty": service({"type": "LoadBalancer", "loadBalancerSourceRanges": []}, {}), "not internal": service({"type": "LoadBalancer"}, {"example.com/internal": "false"}),
		"no annotations": service({"type": "LoadBalancer"}, null),
	}
	violations := rule.violation with input as object
	fixtures.messages(violations) == {`Service "web" has a load balancer that is open to every address`}
}

test_odd_types if {
	every object in fixtures.odd_specs("v1", "Service", ["loadBalancerSourceRanges", "type"]) {
		is_set(rule.violation) with input as object
	}
}
