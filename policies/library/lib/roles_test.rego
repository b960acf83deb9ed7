package penstock.lib.roles_test

import data.penstock.lib.roles

test_wild[note] if {
	some note, value in {"list": ["*"], "among others": ["get", "*"], "text": "*"}
	roles.wild({"verbs": value}, "verbs")
}

test_not_wild[note] if {
	some note, value in {"null": null, "empty": [], "others": ["get"], "prefix": ["*/x"], "other text": "get", "number": 1}
	not roles.wild({"verbs": value}, "verbs")
}

test_total if {
	roles.total({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]})
	not roles.total({"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]})
	not roles.total({"resources": ["*"], "verbs": ["*"]})
	not roles.total(null)
}

test_text[note] if {
	some note, case in {
		"core": [[""], "core"], "several": [["", "apps"], "core, apps"], "text": ["pods", "pods"], "null": [null, "null"],
		"odd": [[1, null], "1, null"], "empty": [[], ""],
	}
	roles.text({"field": case[0]}, "field") == case[1]
}

test_text_of_nothing if roles.text({}, "field") == "nothing"

test_objects if {
	roles.objects({"resources": ["pods"], "nonResourceURLs": ["/x"]}) == "pods"
	roles.objects({"nonResourceURLs": ["/x"]}) == "/x"
	roles.objects({}) == "nothing"
}
