package penstock.security.selinux_options_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.selinux_options as rule

case_of(pod_options, options) := fixtures.deployment({
	"securityContext": {"seLinuxOptions": pod_options},
	"containers": [{"name": "web", "securityContext": {"seLinuxOptions": options}}],
})

test_allow[note] if {
	some note, options in {
		"null": null, "none": {}, "empty": {"type": "", "user": "", "role": ""}, "nulls": {"type": null, "user": null},
		"level": {"level": "s0:c123,c456"}, "container": {"type": "container_t"}, "init": {"type": "container_init_t"},
		"kvm": {"type": "container_kvm_t"}, "text": "spc_t",
	}
	rule.violation == set() with input as case_of(options, options)
}

test_engine_type_from_1_31[version] if {
	some version, found in {"1.0": 1, "1.30": 1, "1.31": 0, "1.35": 0, "": 0, "latest": 0}
	object := case_of(null, {"type": "container_engine_t"})
	count(rule.violation) == found with input as fixtures.at_version(object, version)
}

test_deny[note] if {
	some note, case in {
		"type": [{"type": "spc_t"}, {"container \"web\" sets the SELinux type spc_t"}],
		"user": [{"user": "system_u"}, {"container \"web\" sets the SELinux user system_u"}],
		"role": [{"role": "sysadm_r"}, {"container \"web\" sets the SELinux role sysadm_r"}],
		"a type for the user": [{"user": "container_t"}, {"container \"web\" sets the SELinux user container_t"}],
		"number": [{"type": 1}, {"container \"web\" sets the SELinux type 1"}],
		"two": [{"type": "spc_t", "role": "r"}, {"container \"web\" sets the SELinux type spc_t", "container \"web\" sets the SELinux role r"}],
	}
	object := case_of({"type": "container_t"}, case[0])
	violations := rule.violation with input as object
	fixtures.messages(violations) == case[1]
	fixtures.located(object, violations)
}

test_deny_of_the_pod if {
	object := case_of({"type": "spc_t"}, {})
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"the pod sets the SELinux type spc_t"}
	fixtures.located(object, violations)
}

test_deny_in_every_kind[kind] if {
	context := {"seLinuxOptions": {"user": "root"}}
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "securityContext": context}, {"name": "fine"}],
		"initContainers": [{"name": "b", "securityContext": context}],
		"ephemeralContainers": [{"name": "c", "securityContext": context}],
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
