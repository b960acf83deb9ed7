package penstock.lib.host_paths_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.lib.host_paths

test_clean[path] if {
	some path, clean in {
		"/": "/", "//": "/", "": "/", ".": "/", "/var/log": "/var/log", "/var/log/": "/var/log", "//var//log": "/var/log",
		"/./var/./log/.": "/var/log", "/var/../etc": "/var/../etc", "/a.b": "/a.b",
	}
	host_paths.clean(path) == clean
}

test_volumes if {
	body := fixtures.deployment({"volumes": [
		{"name": "a", "emptyDir": {}},
		{"name": "b", "hostPath": {"path": "/var/log/", "type": "Directory"}},
		{"hostPath": {}},
	]})
	volumes := host_paths.volumes with input as body
	[[v.name, v.host, v.at] | some v in volumes] == [["b", "/var/log", "/var/log/"], ["", "", {}]]
	fixtures.located(body, volumes)
}

test_no_volumes[note] if {
	some note, volumes in {"null": null, "empty": [], "text": "hostPath", "other": [{"name": "a", "emptyDir": {}}], "odd": [null, "x", 1, []]}
	host_paths.volumes == [] with input as fixtures.deployment({"volumes": volumes})
}
