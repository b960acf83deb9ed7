package penstock.images.digest_required_test

import data.penstock.images.digest_required as rule
import data.penstock.lib.fixtures_test as fixtures

digest := "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

test_allow[image] if {
	some image in [
		sprintf("nginx@%s", [digest]), sprintf("nginx:1.29@%s", [digest]),
		sprintf("localhost:5000/a/nginx:latest@%s", [digest]), sprintf(" nginx@%s ", [digest]),
	]
	rule.violation == set() with input as fixtures.container({"image": image})
}

test_deny[image] if {
	some image in ["nginx", "nginx:1.29.1", "localhost:5000/nginx:1", "nginx@sha256:abc", upper(sprintf("nginx@%s", [digest])), ""]
	object := fixtures.container({"image": image})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("container \"web\" uses the image %q, which is not pinned by a digest", [image])}
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "image": "x:1"}],
		"initContainers": [{"name": "b", "image": "x:1"}],
		"ephemeralContainers": [{"name": "c", "image": "x:1"}],
		"volumes": [{"name": "d", "image": {"reference": "x:1"}}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == {"a", "b", "c", ""}
	fixtures.located(object, violations)
}

test_ignored if {
	object := fixtures.container({"image": "auto"})
	rule.violation == set() with input as fixtures.with_parameters(object, {"ignored": ["auto"]})
	count(rule.violation) == 1 with input as fixtures.with_parameters(object, {})
	count(rule.violation) == 1 with input as fixtures.with_parameters(object, {"ignored": null})
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
