package penstock.images.allowed_registries_test

import data.penstock.images.allowed_registries as rule
import data.penstock.lib.fixtures_test as fixtures

body(image, registries) := fixtures.with_parameters(fixtures.container({"image": image}), {"registries": registries})

test_allow[image] if {
	some image in ["ghcr.io/example/web:1", "ghcr.io/example/a/b@sha256:abc", "nginx:1", "docker.io/library/nginx", "registry.example.com:5000/web"]
	rule.violation == set() with input as body(image, ["ghcr.io/example", "docker.io", "registry.example.com:5000/"])
}

test_deny[image] if {
	some image in ["ghcr.io/other/web:1", "ghcr.io/example2/web", "quay.io/docker.io/x", "registry.example.com/web", "localhost/web"]
	object := body(image, ["ghcr.io/example", "docker.io", "registry.example.com:5000"])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`container "web" uses the image %q, which is not from an allowed registry`, [image])}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"initContainers": [{"image": "a/b"}], "ephemeralContainers": [{"image": "a/b"}], "volumes": [{"image": {"reference": "a/b"}}]})
	count(rule.violation) == 3 with input as fixtures.with_parameters(object, {"registries": "ghcr.io"})
}

test_without_registries[note] if {
	some note, registries in {"empty": [], "null": null, "mapping": {}}
	rule.violation == set() with input as body("a/b", registries)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as fixtures.with_parameters(object, {"registries": ["ghcr.io", 1, null]})
	}
}
