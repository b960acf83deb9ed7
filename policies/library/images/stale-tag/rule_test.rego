package penstock.images.stale_tag_test

import data.penstock.images.stale_tag as rule
import data.penstock.lib.fixtures_test as fixtures

body(image, policy) := fixtures.with_parameters(fixtures.container({"image": image, "imagePullPolicy": policy}), {"tags": ["latest", "main*"]})

test_allow[note] if {
	some note, object in {
		"version": body("a:1", "IfNotPresent"), "always": body("a:latest", "Always"), "none": body("a", null), "number": body(1, "IfNotPresent"),
		"digest": body("a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "IfNotPresent"),
	}
	rule.violation == set() with input as object
}

test_deny[image] if {
	some image in ["a", "a:latest", "a:Latest", "a:main-1"]
	violations := rule.violation with input as body(image, "IfNotPresent")
	fixtures.messages(violations) == {sprintf(`container "web" uses the image %q, whose tag moves, and does not pull it again`, [image])}
	fixtures.located(body(image, "IfNotPresent"), violations)
}

test_parameters[note] if {
	some note, parameters in {"undefined": {}, "null": {"tags": null}}
	count(rule.violation) == 1 with input as fixtures.with_parameters(fixtures.container({"image": "a:latest", "imagePullPolicy": "IfNotPresent"}), parameters)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
