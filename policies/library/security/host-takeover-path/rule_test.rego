package penstock.security.host_takeover_path_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.security.host_takeover_path as rule

pod(path, mount) := {
	"containers": [{"name": "web", "volumeMounts": [{"name": "other", "mountPath": "/o"}, object.union({"name": "host"}, mount)]}],
	"volumes": [{"name": "host", "hostPath": {"path": path}}],
}

test_allow_read_only[path] if {
	some path in ["/", "/etc", "/proc", "/sys", "/var/lib/kubelet"]
	rule.violation == set() with input as fixtures.deployment(pod(path, {"readOnly": true}))
}

test_allow_other_directories[path] if {
	some path in ["/var/log", "/data", "/etc/localtime", "/var/lib/app", "/mnt/disk", "/run/xtables.lock", "/docker.sock.d"]
	rule.violation == set() with input as fixtures.deployment(pod(path, {}))
}

test_allow_what_is_not_mounted[path] if {
	some path in ["/", "/var/run/docker.sock"]
	rule.violation == set() with input as fixtures.deployment(pod(path, {"name": "another"}))
}

test_deny_writable[path] if {
	some path, clean in {
		"/": "/", "//": "/", "/etc/": "/etc", "/./etc": "/etc", "/root": "/root", "/var/lib/kubelet": "/var/lib/kubelet",
		"/run": "/run", "/etc/kubernetes/manifests": "/etc/kubernetes/manifests",
	}
	some mount in [{}, {"readOnly": false}, {"readOnly": null}, {"readOnly": "true"}]
	object := fixtures.deployment(pod(path, mount))
	violations := rule.violation with input as object
	fixtures.messages(violations) == {sprintf("container \"web\" mounts %q of the host, writable", [clean])}
	fixtures.located(object, violations)
}

test_deny_sockets[path] if {
	some path in [
		"/var/run/docker.sock", "/run/containerd/containerd.sock", "/run//crio/crio.sock", "/run/podman/podman.sock",
		"/run/k3s/containerd/containerd.sock", "/var/run/docker.sock/",
	]
	some mount in [{}, {"readOnly": true}]
	object := fixtures.deployment(pod(path, mount))
	violations := rule.violation with input as object
	some message in fixtures.messages(violations)
	endswith(message, "of the host, the socket of the container runtime")
	count(violations) == 1
}

test_deny_in_every_kind[kind] if {
	mounts := [{"name": "host", "mountPath": "/host"}]
	some kind, object in fixtures.wrapped({
		"containers": [{"name": "a", "volumeMounts": mounts}, {"name": "fine"}],
		"initContainers": [{"name": "b", "volumeMounts": mounts}],
		"ephemeralContainers": [{"name": "c", "volumeMounts": mounts}],
		"volumes": [{"name": "host", "hostPath": {"path": "/"}}],
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
