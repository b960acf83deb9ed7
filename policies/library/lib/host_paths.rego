# METADATA
# scope: package
# title: hostPath volumes
# description: The volumes of a pod that are paths of the host.
package penstock.lib.host_paths

import data.penstock.lib.workloads

# volumes are the hostPath volumes: the volume's name, the path on the host in
# its shortest form, the subtree at fault and its path.
volumes := [entry |
	some i, volume in workloads.pod.volumes
	found := host(volume)
	entry := {
		"name": object.get(volume, "name", ""),
		"host": found.path,
		"at": found.at,
		"path": array.concat(workloads.pod_path, array.concat(["volumes", i], found.tail)),
	}
]

host(volume) := {"path": clean(volume.hostPath.path), "at": volume.hostPath.path, "tail": ["hostPath", "path"]} if {
	is_string(volume.hostPath.path)
} else := {"path": "", "at": volume.hostPath, "tail": ["hostPath"]} if {
	not volume.hostPath in {null, false}
}

# clean leaves out doubled and trailing slashes and dots. The API server refuses
# two dots.
clean(path) := sprintf("/%s", [concat("/", steps)]) if {
	steps := [step | some step in split(path, "/"); not step in {"", "."}]
}
