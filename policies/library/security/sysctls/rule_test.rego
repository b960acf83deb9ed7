package penstock.security.sysctls_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.sysctls as rule

setting(sysctls) := fixtures.deployment({"securityContext": {"sysctls": sysctls}, "containers": [{"name": "web"}]})

test_allow[note] if {
	some note, sysctls in {"null": null, "none": [], "text": "kernel.msgmax", "safe": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]}
	rule.violation == set() with input as setting(sysctls)
}

added := {
	"kernel.shm_rmid_forced": 0, "net.ipv4.ip_local_port_range": 0, "net.ipv4.ip_unprivileged_port_start": 0,
	"net.ipv4.ping_group_range": 0, "net.ipv4.tcp_syncookies": 0, "net.ipv4.ip_local_reserved_ports": 27,
	"net.ipv4.tcp_fin_timeout": 29, "net.ipv4.tcp_keepalive_intvl": 29, "net.ipv4.tcp_keepalive_probes": 29,
	"net.ipv4.tcp_keepalive_time": 29, "net.ipv4.tcp_rmem": 32, "net.ipv4.tcp_wmem": 32,
	"net.ipv4.tcp_notsent_lowat": 37, "net.ipv4.tcp_slow_start_after_idle": 37,
}

test_safe_from_the_version_that_added_it[name] if {
	some name, minor in added
	safe := {version |
		some version in [0, 26, 27, 28, 29, 31, 32, 36, 37, 40]
		body := fixtures.at_version(setting([{"name": name}]), sprintf("1.%d", [version]))
		violations := rule.violation with input as body
		violations == set()
	}
	safe == {version | some version in [0, 26, 27, 28, 29, 31, 32, 36, 37, 40]; version >= minor}
}

test_without_a_version_all_are_safe if {
	rule.violation == set() with input as setting([{"name": name} | some name, _ in added])
}

test_deny[name] if {
	some name in ["kernel.msgmax", "net.core.somaxconn", "kernel/shm_rmid_forced", "net.ipv4.TCP_syncookies", "net.ipv4.tcp_syncookies ", ""]
	object := setting([{"name": "net.ipv4.tcp_syncookies"}, {"name": name, "value": "1"}])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("the pod sets the sysctl %q", [name])}
	fixtures.located(object, violations)
	{v.path | some v in violations} == {["spec", "template", "spec", "securityContext", "sysctls", 1, "name"]}
}

test_deny_sysctls_without_a_name[note] if {
	some note, sysctl in {"null": null, "text": "kernel.msgmax", "none": {"value": "1"}, "null name": {"name": null}, "number": {"name": 1}}
	object := setting([sysctl])
	violations := rule.violation with input as object
	fixtures.messages(violations) == {"the pod sets the sysctl \"\""}
	fixtures.located(object, violations)
}

test_allowed if {
	object := setting([{"name": "net.core.somaxconn"}, {"name": "kernel.msgmax"}])
	violations := rule.violation with input as fixtures.with_parameters(object, {"allowed": ["net.core.somaxconn"]})
	fixtures.messages(violations) == {"the pod sets the sysctl \"kernel.msgmax\""}
}

test_parameters_of_no_use_allow_nothing[note] if {
	some note, parameters in {"undefined": {}, "null": {"allowed": null}, "number": {"allowed": 1}, "object": {"allowed": {"a": "kernel.msgmax"}}}
	count(rule.violation) == 1 with input as fixtures.with_parameters(setting([{"name": "kernel.msgmax"}]), parameters)
}

test_deny_in_every_kind[kind] if {
	some kind, object in fixtures.wrapped({"securityContext": {"sysctls": [{"name": "kernel.msgmax"}, {"name": "kernel.sem"}]}})
	violations := rule.violation with input as object
	count(violations) == 2
	fixtures.located(object, violations)
}

test_odd_types if {
	every object in fixtures.odd {
		is_set(rule.violation) with input as object
	}
}
