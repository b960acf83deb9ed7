package penstock.secrets.duplicate_env_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.secrets.duplicate_env as rule

test_allow[note] if {
	some note, env in {"once": [{"name": "A"}, {"name": "B"}], "case": [{"name": "A"}, {"name": "a"}], "null": [null, null], "text": "A", "no name": [{}, {}]}
	rule.violation == set() with input as fixtures.container({"env": env})
}

test_deny if {
	object := fixtures.container({"env": [{"name": "A", "value": "x"}, {"name": "B"}, {"name": "A", "value": "x"}]})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {`container "web" defines the variable A twice`}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	env := [{"name": "A"}, {"name": "A"}]
	some kind, object in fixtures.wrapped({"initContainers": [{"env": env}], "ephemeralContainers": [{"env": env}]})
	count(rule.violation) == 2 with input as object
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
