package penstock.wiring.config_keys_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.config_keys as rule

rendered := fixtures.inventory([
	fixtures.named("v1", "ConfigMap", "web", {"data": {"mode": "fast"}, "binaryData": {"logo": ""}}),
	fixtures.named("v1", "Secret", "web", {"stringData": {"token": "x"}}),
	fixtures.named("v1", "Secret", "empty", {"type": "kubernetes.io/service-account-token"}),
])

variable(ref) := {"env": [{"name": "A", "valueFrom": ref}]}

volume(source) := {"containers": [], "volumes": [object.union({"name": "v"}, source)]}

test_allow_variables[note] if {
	some note, ref in {
		"key": {"configMapKeyRef": {"name": "web", "key": "mode"}}, "binary": {"configMapKeyRef": {"name": "web", "key": "logo"}},
		"secret": {"secretKeyRef": {"name": "web", "key": "token"}},
		"optional": {"configMapKeyRef": {"name": "web", "key": "x", "optional": true}},
		"not rendered": {"configMapKeyRef": {"name": "other", "key": "x"}},
		"filled later": {"secretKeyRef": {"name": "empty", "key": "token"}},
		"field": {"fieldRef": {"fieldPath": "metadata.name"}},
	}
	rule.violation == set() with input as fixtures.container(variable(ref)) with data.inventory as rendered
}

test_deny_variables[note] if {
	some note, case in {
		"config map": [{"configMapKeyRef": {"name": "web", "key": "x"}}, `the key "x" of the ConfigMap "web"`],
		"secret": [{"secretKeyRef": {"name": "web", "key": "mode"}}, `the key "mode" of the Secret "web"`],
	}
	body := fixtures.container(variable(case[0]))
	violations := rule.violation with input as body with data.inventory as rendered
	fixtures.messages(violations) == {sprintf(`container "web" reads %s, which has no such key`, [case[1]])}
	fixtures.located(body, violations)
}

test_volumes[note] if {
	some note, case in {
		"all": [{"configMap": {"name": "web"}}, 0], "item": [{"configMap": {"name": "web", "items": [{"key": "mode", "path": "m"}]}}, 0],
		"optional": [{"configMap": {"name": "web", "optional": true, "items": [{"key": "x"}]}}, 0],
		"missing": [{"configMap": {"name": "web", "items": [{"key": "x"}]}}, 1],
		"secret": [{"secret": {"secretName": "web", "items": [{"key": "x"}]}}, 1],
		"projected": [{"projected": {"sources": [{"configMap": {"name": "web", "items": [{"key": "x"}]}}, {"secret": {"name": "web", "items": [{"key": "y"}]}}]}}, 2],
	}
	body := fixtures.deployment(volume(case[0]))
	violations := rule.violation with input as body with data.inventory as rendered
	count(violations) == case[1]
	fixtures.located(body, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, body in fixtures.wrapped({
		"initContainers": [object.union({"name": "i"}, variable({"configMapKeyRef": {"name": "web", "key": "x"}}))],
		"ephemeralContainers": [object.union({"name": "e"}, variable({"configMapKeyRef": {"name": "web", "key": "x"}}))],
	})
	placed := object.union(body, {"metadata": {"namespace": "shop"}})
	violations := rule.violation with input as placed with data.inventory as rendered
	count(violations) == 2
	fixtures.located(placed, violations)
}

test_odd_types if {
	every body in fixtures.odd {
		is_set(rule.violation) with input as body with data.inventory as rendered
	}
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as fixtures.container(variable({"configMapKeyRef": value, "secretKeyRef": {"name": value, "key": value}})) with data.inventory as rendered
		is_set(rule.violation) with input as fixtures.deployment(volume({"configMap": value, "secret": {"secretName": "web", "items": value}, "projected": {"sources": value}})) with data.inventory as rendered
		is_set(rule.violation) with input as fixtures.container(variable({"configMapKeyRef": {"name": "web", "key": "x"}}))
			with data.inventory as fixtures.inventory([fixtures.named("v1", "ConfigMap", "web", {"data": value})])
	}
}
