package penstock.wiring.volume_exists_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.wiring.volume_exists as rule

pod(mounts) := {"containers": [{"name": "web", "volumeMounts": mounts}], "volumes": [{"name": "data", "emptyDir": {}}, null]}

test_allow[note] if {
	some note, mounts in {"volume": [{"name": "data", "mountPath": "/data"}], "none": [], "null": null, "text": "data", "entry": [null, {}]}
	rule.violation == set() with input as fixtures.deployment(pod(mounts))
}

test_allow_claim_templates if {
	body := fixtures.named("apps/v1", "StatefulSet", "db", {"spec": {
		"template": {"spec": pod([{"name": "claim"}])},
		"volumeClaimTemplates": [{"metadata": {"name": "claim"}}, null],
	}})
	rule.violation == set() with input as body
}

test_deny_in_every_kind[kind] if {
	some kind, body in fixtures.wrapped({
		"containers": [{"name": "a", "volumeMounts": [{"name": "x"}]}],
		"initContainers": [{"name": "b", "volumeMounts": [{"name": "x"}]}],
		"ephemeralContainers": [{"name": "c", "volumeDevices": [{"name": "x"}]}],
	})
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf(`%s mounts the volume "x", which the pod does not have`, [label]) |
		some label in [`container "a"`, `init container "b"`, `ephemeral container "c"`]
	}
	fixtures.located(body, violations)
}

test_odd_types if {
	every body in fixtures.odd {
		is_set(rule.violation) with input as body
	}
}
