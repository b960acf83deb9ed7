package penstock.lib.probes_test

import data.penstock.lib.probes

test_acts[handler] if {
	some handler in ["exec", "grpc", "httpGet", "tcpSocket"]
	probes.acts({"readinessProbe": {handler: {}}}, "readinessProbe")
}

test_acts_not[note] if {
	some note, probe in {"null": null, "text": "x", "empty": {}, "timing": {"periodSeconds": 1}, "handler null": {"exec": null}, "unknown": {"http": {}}}
	not probes.acts({"readinessProbe": probe}, "readinessProbe")
}

test_acts_not_without_one if not probes.acts({"livenessProbe": {"exec": {}}}, "readinessProbe")

test_nearest if {
	probes.nearest({"p": {"a": 1}}, "p") == {"a": 1}
	probes.nearest({"p": null}, "p") == {"p": null}
	probes.nearest({}, "p") == {}
}
