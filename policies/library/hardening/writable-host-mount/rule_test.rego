package penstock.hardening.writable_host_mount_test

import data.penstock.hardening.writable_host_mount as rule
import data.penstock.lib.fixtures_test as fixtures

pod(mount) := {"volumes": [{"name": "h", "hostPath": {"path": "/srv"}}, {"name": "e", "emptyDir": {}}], "containers": [{"name": "web", "volumeMounts": [mount]}]}

test_allow[note] if {
	some note, mount in {"read-only": {"name": "h", "readOnly": true}, "other": {"name": "e"}, "null": null}
	rule.violation == set() with input as fixtures.deployment(pod(mount))
}

test_deny[note] if {
	some note, mount in {"default": {"name": "h"}, "false": {"name": "h", "readOnly": false}, "text": {"name": "h", "readOnly": "true"}}
	every object in fixtures.wrapped(pod(mount)) {
		violations := rule.violation with input as object
		fixtures.messages(violations) == {`container "web" may write "/srv" of the host`}
	}
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
