package penstock.lib.versions_test

import data.penstock.lib.versions

test_parse[text] if {
	some text, version in {
		"1.35": [1, 35], "v1.35": [1, 35], "1.9": [1, 9], "v1.35.2": [1, 35],
		"1.34.1-eks-abc": [1, 34], "1.33+": [1, 33], "10.0": [10, 0],
	}
	versions.parse(text) == version
}

test_parse_refuses[note] if {
	some note, text in {"empty": "", "word": "latest", "major": "1", "number": 1.35, "null": null, "prefix": "k1.35"}
	not versions.parse(text)
}

test_versions_compare_as_numbers if {
	versions.parse("1.9") < versions.parse("1.16")
	versions.parse("1.36") < versions.parse("2.0")
	versions.parse("v1.22.4") == versions.parse("1.22")
}

test_environment if {
	versions.environment == [1, 35] with input as {"review": {"environment": {"kubernetesVersion": "1.35"}}}
}

test_unreadable_version_is_the_newest[note] if {
	some note, review in {
		"none": {}, "null": null, "no environment": {"environment": null},
		"word": {"environment": {"kubernetesVersion": "stable"}},
		"number": {"environment": {"kubernetesVersion": 1.2}},
	}
	versions.environment > [1, 1000] with input as {"review": review}
}

test_release[tag] if {
	some tag, want in {"1.2": [1, 2], "v1.2.3": [1, 2, 3], "1.29.1-alpine": [1, 29, 1], "2026.11.24": [2026, 11, 24]}
	versions.release(tag) == want
}

test_no_release[tag] if {
	some tag in ["1", "latest", "2026-11-24", "1.2.x", "1.2-", "", "9f8e7d6", null, 1.2]
	not versions.release(tag)
}
