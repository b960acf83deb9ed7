package penstock.security.host_probes_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.host_probes as rule

handlers := {
	"livenessProbe": ["livenessProbe"], "readinessProbe": ["readinessProbe"], "startupProbe": ["startupProbe"],
	"postStart": ["lifecycle", "postStart"], "preStop": ["lifecycle", "preStop"],
}

# handling is a Deployment with an action of one of its handlers.
handling(name, action) := fixtures.container(built(handlers[name], action))

built(path, action) := {path[0]: action} if count(path) == 1

built(path, action) := {path[0]: {path[1]: action}} if count(path) == 2

test_allow[note] if {
	some note, action in {
		"null": null, "text": "httpGet", "null get": {"httpGet": null}, "no host": {"httpGet": {"path": "/", "port": 80}},
		"empty host": {"tcpSocket": {"host": "", "port": 1}}, "null host": {"httpGet": {"host": null}},
		"header": {"httpGet": {"httpHeaders": [{"name": "Host", "value": "example.com"}]}},
		"exec": {"exec": {"command": ["true"]}}, "grpc": {"grpc": {"port": 1}},
	}
	every name, _ in handlers {
		rule.violation == set() with input as handling(name, action)
	}
}

test_deny[name] if {
	some name, path in handlers
	some action in ["httpGet", "tcpSocket"]
	some host in ["10.0.0.1", "127.0.0.1", "example.com", 1]
	object := handling(name, {action: {"host": host, "port": 80}})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("the %s of container \"web\" calls the host %v", [name, host])}
	fixtures.located(object, violations)
	{v.path | some v in violations} == {array.concat(["spec", "template", "spec", "containers", 0], array.concat(path, [action, "host"]))}
}

test_deny_from_1_34[version] if {
	some version, found in {"1.0": 0, "1.33": 0, "1.34": 1, "1.36": 1, "": 1, "latest": 1}
	object := handling("preStop", {"httpGet": {"host": "10.0.0.1"}})
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

test_deny_in_every_kind[kind] if {
	probe := {"tcpSocket": {"host": "10.0.0.1", "port": 1}}
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "livenessProbe": probe}, {"name": "fine"}],
		"initContainers": [{"name": "b", "livenessProbe": probe}],
		"ephemeralContainers": [{"name": "c", "livenessProbe": probe}],
	})
	violations := rule.violation with input as object
	{v.container | some v in violations} == {"a", "b", "c"}
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
