package penstock.api.dead_annotation_test

import data.penstock.api.dead_annotation as rule
import data.penstock.lib.fixtures_test as fixtures

body(annotations) := {"kind": "Service", "metadata": {"name": "web", "annotations": annotations}}

test_allow[note] if {
	some note, annotations in {"own": {"example.com/a": "b"}, "none": {}, "null": null, "list": ["a"], "class": {"volume.beta.kubernetes.io/storage-class": "x"}}
	rule.violation == set() with input as body(annotations)
}

test_deny[note] if {
	some note, case in {
		"endpoints": ["service.alpha.kubernetes.io/tolerate-unready-endpoints", "publishNotReadyAddresses"],
		"container": ["container.seccomp.security.alpha.kubernetes.io/web", "securityContext.seccompProfile"],
	}
	object := body({case[0]: "x"})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`Service "web" has the annotation %s, which nothing reads any more; use %s`, case)}
	fixtures.located(object, violations)
}

test_deny_templates if {
	object := {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"metadata": {"annotations": {"scheduler.alpha.kubernetes.io/critical-pod": ""}}}}}
	violations := rule.violation with input as object
	count(violations) == 1
	fixtures.located(object, violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as body(value)
		is_set(rule.violation) with input as {"kind": "Service", "metadata": value, "spec": value}
	}
}
