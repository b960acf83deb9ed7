package penstock.images.no_latest_tag_test

import data.penstock.images.no_latest_tag as rule
import data.penstock.lib.fixtures_test as fixtures

digest := "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

test_allow[image] if {
	some image in [
		"nginx:1.29.1", "nginx:1", "localhost:5000/nginx:v1", "registry.example.com/a/b/c:2026-01-01",
		sprintf("nginx@%s", [digest]), sprintf("nginx:latest@%s", [digest]),
		sprintf("localhost:5000/nginx@%s", [digest]), "nginx:latest-alpine", "latest:1.0",
	]
	rule.violation == set() with input as fixtures.container({"image": image})
}

test_deny[image] if {
	some image, fault in {
		"nginx": "has no tag", "library/nginx": "has no tag", "localhost:5000/nginx": "has no tag",
		"registry.example.com:443/a/b": "has no tag", "nginx:": "has no tag", "latest": "has no tag",
		"nginx@sha256:abc": "has no tag",
		"nginx:latest": "tag is latest", "nginx:LATEST": "tag is latest", "NGINX:Latest": "tag is latest",
		"localhost:5000/nginx:latest": "tag is latest", "nginx:latest@sha256:abc": "tag is latest",
	}
	object := fixtures.container({"image": image})
	violations := rule.violation with input as object
	some message in fixtures.messages(violations)
	startswith(message, sprintf("container \"web\" uses the image %q", [image]))
	endswith(message, fault)
	count(violations) == 1
	fixtures.located(object, violations)
}

test_deny_without_an_image[note] if {
	some note, fields in {"missing": {}, "null": {"image": null}, "empty": {"image": ""}, "number": {"image": 7}, "list": {"image": ["nginx:1"]}}
	violations := rule.violation with input as fixtures.container(fields)
	fixtures.messages(violations) == {"container \"web\" names no image"}
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "image": "x"}],
		"initContainers": [{"name": "b", "image": "x:latest"}],
		"ephemeralContainers": [{"name": "c", "image": "x"}],
		"volumes": [{"name": "d", "image": {"reference": "x"}}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == {"a", "b", "c", ""}
	fixtures.located(object, violations)
}

test_ignored if {
	object := fixtures.container({"image": "auto"})
	rule.violation == set() with input as fixtures.with_parameters(object, {"ignored": ["auto"]})
	rule.violation == set() with input as fixtures.with_parameters(object, {"ignored": "auto"})
}

test_parameters_of_no_use_ignore_nothing[note] if {
	some note, parameters in {"empty": {}, "null": {"ignored": null}, "number": {"ignored": 1}, "empty list": {"ignored": []}}
	object := fixtures.with_parameters(fixtures.container({"image": "auto"}), parameters)
	count(rule.violation) == 1 with input as object
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
