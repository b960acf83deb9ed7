package penstock.lib.images_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.lib.images

digest := "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

test_tag[image] if {
	some image, tag in {
		"nginx": "", "nginx:1.29": "1.29", "nginx:latest": "latest", "nginx:": "",
		"library/nginx": "", "localhost:5000/nginx": "", "localhost:5000/nginx:1": "1",
		"registry.example.com:443/team/app:v1.2.3-rc.1": "v1.2.3-rc.1",
		"registry.example.com:443/team/app@sha256:abc": "",
		"team/app:v1@sha256:abc": "v1", "a/b/c/d": "", "nginx:1:2": "", "": "",
	}
	images.tag(image) == tag
}

test_pinned[image] if {
	some image in [
		sprintf("nginx@%s", [digest]),
		sprintf("registry:5000/a/b:v1@%s", [digest]),
		sprintf("nginx@sha512:%s%s", [substring(digest, 7, -1), substring(digest, 7, -1)]),
	]
	images.pinned(image)
}

test_not_pinned[image] if {
	some image in [
		"", "nginx", "nginx:1.29", "nginx@", "nginx@sha256:", "nginx@sha256:abc",
		sprintf("nginx:%s", [substring(digest, 7, -1)]),
		upper(sprintf("nginx@%s", [digest])),
		sprintf("nginx@%s0", [digest]),
		sprintf("nginx@md5:%s", [substring(digest, 7, 32)]),
	]
	not images.pinned(image)
}

test_references_of_containers_and_volumes if {
	object := fixtures.deployment({
		"containers": [{"name": "web", "image": "a:1"}],
		"initContainers": [{"name": "setup", "image": "b:1"}],
		"ephemeralContainers": [{"name": "debug", "image": " c:1\n"}],
		"volumes": [{"name": "x", "emptyDir": {}}, {"name": "model", "image": {"reference": "d:1"}}],
	})
	references := images.references with input as object
	[reference.image | some reference in references] == ["a:1", "b:1", "c:1", "d:1"]
	[reference.name | some reference in references] == ["web", "setup", "debug", ""]
	references[3].label == "volume \"model\""
	fixtures.located(object, references)
}

test_missing_image_is_empty_text[note] if {
	some note, fields in {"missing": {}, "null": {"image": null}, "number": {"image": 1}, "list": {"image": ["a"]}}
	references := images.references with input as fixtures.container(fields)
	references[0].image == ""
	references[0].at == object.union({"name": "web"}, fields)
}

test_missing_reference_of_a_volume if {
	object := fixtures.deployment({"volumes": [{"name": "model", "image": {"pullPolicy": "Always"}}]})
	references := images.references with input as object
	references[0].image == ""
	references[0].at == {"pullPolicy": "Always"}
}
