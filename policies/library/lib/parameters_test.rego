package penstock.lib.parameters_test

import data.penstock.lib.parameters

given(value) := {"review": {"parameters": {"p": value}}}

test_list[note] if {
	some note, case in {
		"list": [given(["a"]), ["a"]], "empty list": [given([]), []], "text": [given("a"), ["a"]],
		"null": [given(null), ["f"]], "number": [given(1), ["f"]], "object": [given({}), ["f"]],
		"undefined": [{"review": {"parameters": {}}}, ["f"]], "no parameters": [{"review": {}}, ["f"]],
		"no review": [{}, ["f"]],
	}
	parameters.list("p", ["f"]) == case[1] with input as case[0]
}

test_number[note] if {
	some note, case in {
		"number": [given(3), 3], "zero": [given(0), 0], "text": [given("3"), 2], "null": [given(null), 2],
		"undefined": [{}, 2],
	}
	parameters.number("p", 2) == case[1] with input as case[0]
}

test_mapping[note] if {
	some note, case in {
		"object": [given({"a": 1}), {"a": 1}], "empty": [given({}), {}], "list": [given([]), {"f": 1}],
		"null": [given(null), {"f": 1}], "undefined": [{}, {"f": 1}],
	}
	parameters.mapping("p", {"f": 1}) == case[1] with input as case[0]
}
