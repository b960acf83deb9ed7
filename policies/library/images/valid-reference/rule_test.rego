package penstock.images.valid_reference_test

import data.penstock.images.valid_reference as rule
import data.penstock.lib.fixtures_test as fixtures

test_allow[image] if {
	some image in [
		"nginx", "nginx:1.29", "library/nginx:V1_x", "ghcr.io/a/b-c_d/e:1", "localhost:5000/a", "[::1]:5000/a", "EXAMPLE.com/a", "auto", "a--b:1",
		"nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "${IMAGE}:Tag Of",
	]
	rule.violation == set() with input as fixtures.container({"image": image})
}

test_allow_none if rule.violation == set() with input as fixtures.container({})

test_deny[image] if {
	some image in ["Nginx", "nginx:", "nginx:1 2", "{{ .Values.image }}", "a/B/c:1", "nginx:<no value>", "https://ghcr.io/a/b", "a//b", "nginx@sha256:abc", "a/-b", "/nginx", "a:b:c"]
	object := fixtures.container({"image": image})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf(`container "web" uses the image %q, which is no valid name`, [image])}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"initContainers": [{"image": "A"}], "ephemeralContainers": [{"image": "A"}]})
	count(rule.violation) == 2 with input as object
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
