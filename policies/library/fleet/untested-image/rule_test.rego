package penstock.fleet.untested_image_test

import data.penstock.fleet.untested_image as rule
import data.penstock.lib.fixtures_test as fixtures

defaults := {"production": ["prod*", "*/prod*"], "tested": ["stag*"], "ignored": []}

fleet(images, parameters) := {
	"environments": {name: {"name": name, "objects": [fixtures.container({"image": image})]} | some name, image in images},
	"review": {"parameters": parameters},
}

test_allow[name] if {
	some name, case in {
		"the same": {"prod": "web:2", "staging": "web:2"},
		"only staging": {"prod": "web:1", "staging": "web:2", "stage2": "web:1"},
		"no production": {"dev": "web:3", "staging": "web:2"},
	}
	rule.violation == set() with input as fleet(case, defaults)
}

test_deny[name] if {
	some name, case in {
		"newer": {"prod": "web:2", "staging": "web:1"},
		"no staging": {"prod": "web:2"},
		"only in dev": {"prod": "web:2", "dev": "web:2", "staging": "web:1"},
		"a group": {"eu/prod-1": "web:2", "staging": "web:1"},
	}
	violations := rule.violation with input as fleet(case, defaults)
	fixtures.messages(violations) == {`container "web" uses the image "web:2", which no environment before production runs`}
}

test_ignored if {
	rule.violation == set() with input as fleet({"prod": "web:2"}, object.union(defaults, {"ignored": ["web:*"]}))
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as {"environments": {"prod": {"objects": [object]}}, "review": {"parameters": defaults}}
	}
}
