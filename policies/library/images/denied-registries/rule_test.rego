package penstock.images.denied_registries_test

import data.penstock.images.denied_registries as rule
import data.penstock.lib.fixtures_test as fixtures

body(image, registries) := fixtures.with_parameters(fixtures.container({"image": image}), {"registries": registries})

test_allow[image] if {
	some image in ["registry.k8s.io/pause:3.9", "gcr.io/google/pause", "example.com/k8s.gcr.io/pause", "nginx"]
	rule.violation == set() with input as body(image, ["k8s.gcr.io", "gcr.io/google-containers"])
}

test_deny[image] if {
	some image, registry in {"k8s.gcr.io/pause:3.9": "k8s.gcr.io", "gcr.io/google-containers/pause": "gcr.io/google-containers", "nginx": "docker.io"}
	object := body(image, [registry])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`container "web" uses the image %q from %s`, [image, registry])}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"initContainers": [{"image": "a/b"}], "ephemeralContainers": [{"image": "a/b"}]})
	count(rule.violation) == 2 with input as fixtures.with_parameters(object, {"registries": ["docker.io/a"]})
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as fixtures.with_parameters(object, {"registries": ["docker.io", 1, null]})
	}
}
