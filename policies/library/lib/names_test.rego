package penstock.lib.names_test

import data.penstock.lib.names

test_namespace[note] if {
	some note, case in {
		"given": [{"metadata": {"namespace": "shop"}}, "shop"],
		"missing": [{"metadata": {}}, ""],
		"empty": [{"metadata": {"namespace": ""}}, ""],
		"null": [{"metadata": {"namespace": null}}, ""],
		"number": [{"metadata": {"namespace": 1}}, ""],
		"no metadata": [{}, ""],
		"of the review": [{"metadata": {}, "review": {"namespace": "release"}}, "release"],
		"own before review": [{"metadata": {"namespace": "shop"}, "review": {"namespace": "x"}}, "shop"],
		"review null": [{"review": {"namespace": null}}, ""],
	}
	names.namespace == case[1] with input as case[0]
}

test_qualified[note] if {
	some note, case in {
		"given": [{"metadata": {"namespace": "shop", "name": "web"}}, "shop/web"],
		"no namespace": [{"metadata": {"name": "web"}}, "default/web"],
		"no name": [{"metadata": {"namespace": "shop"}}, "shop/"],
		"nothing": [{}, "default/"],
		"numbers": [{"metadata": {"name": 1, "namespace": 2}}, "default/"],
	}
	names.qualified == case[1] with input as case[0]
}

test_any_match[note] if {
	some note, case in {
		"exact": [["a/b"], "a/b"], "star": [["a/*"], "a/b"], "second": [["x", "a/b"], "a/b"],
		"two stars": [["**"], "a/b"], "infix": [["shop/web-*"], "shop/web-1"],
	}
	names.any_match(case[0], case[1])
}

test_no_match[note] if {
	some note, case in {
		"empty list": [[], "a/b"], "other": [["a/c"], "a/b"], "star stays in a step": [["*"], "a/b"],
		"prefix": [["a"], "a/b"], "null": [null, "a/b"], "text": ["a/b", "a/b"], "numbers": [[1, null], "a/b"],
	}
	not names.any_match(case[0], case[1])
}
