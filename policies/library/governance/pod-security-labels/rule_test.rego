package penstock.governance.pod_security_labels_test

import data.penstock.governance.pod_security_labels as rule
import data.penstock.lib.fixtures_test as fixtures

namespace(labels) := {"kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}

test_allow[level] if {
	some level in ["privileged", "baseline", "restricted"]
	rule.violation == set() with input as namespace({"pod-security.kubernetes.io/enforce": level})
}

test_deny[note] if {
	some note, labels in {"none": {}, "null": null, "typing error": {"pod-security.kubernetes.io/enforce": "restrict"}, "warn only": {"pod-security.kubernetes.io/warn": "restricted"}}
	violations := rule.violation with input as namespace(labels)
	fixtures.messages(violations) == {`Namespace "shop" enforces no Pod Security Standard`}
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as {"kind": "Namespace", "metadata": value}
	}
}
