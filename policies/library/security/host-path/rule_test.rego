package penstock.security.host_path_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.host_path as rule

volume(source) := fixtures.deployment({"volumes": [{"name": "v", "emptyDir": {}}, object.union({"name": "data"}, source)]})

test_allow[note] if {
	some note, source in {
		"emptyDir": {"emptyDir": {}}, "claim": {"persistentVolumeClaim": {"claimName": "x"}},
		"null": {"hostPath": null}, "nothing": {},
	}
	rule.violation == set() with input as volume(source)
}

test_deny[path] if {
	some path, clean in {"/var/log": "/var/log", "/var/log/": "/var/log", "//var/./log": "/var/log", "/": "/", "//": "/"}
	object := volume({"hostPath": {"path": path}})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("volume \"data\" mounts %q of the host", [clean])}
	fixtures.located(object, violations)
	{v.path | some v in violations} == {["spec", "template", "spec", "volumes", 1, "hostPath", "path"]}
}

test_deny_odd_host_paths[note] if {
	some note, source in {"no path": {}, "text": "/var/log", "null path": {"path": null}, "number": {"path": 1}, "list": []}
	object := volume({"hostPath": source})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"volume \"data\" mounts \"\" of the host"}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"volumes": [{"name": "data", "hostPath": {"path": "/x"}}]})
	violations := rule.violation with input as object
	count(violations) == 1
	fixtures.located(object, violations)
}

test_allowed[pattern] if {
	some pattern in ["/var/log", "/var/*", "/**", "/var/log*"]
	object := volume({"hostPath": {"path": "/var/log/"}})
	rule.violation == set() with input as fixtures.with_parameters(object, {"allowed": ["/x", pattern]})
}

test_not_allowed[note] if {
	some note, parameters in {
		"undefined": {}, "null": {"allowed": null}, "empty": {"allowed": []}, "parent": {"allowed": ["/var"]},
		"star is one step": {"allowed": ["/*"]}, "number": {"allowed": 1},
	}
	object := volume({"hostPath": {"path": "/var/log"}})
	count(rule.violation) == 1 with input as fixtures.with_parameters(object, parameters)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
