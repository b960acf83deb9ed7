# METADATA
# scope: package
# title: Mounts of the host are read-only
# description: >-
#   A container that may write a path of its node leaves files behind that other pods, or the node, read.
#   The mounts that hand over the node are found by security/host-takeover-path. Off by default, because
#   security/host-path names every mount of the host.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   id: hardening/writable-host-mount
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Set readOnly on the mount, or use another kind of volume.
#   tags: [security]
package penstock.hardening.writable_host_mount

import data.penstock.lib.host_paths
import data.penstock.lib.workloads

violation contains v if {
	some volume in host_paths.volumes
	some entry in workloads.containers
	some i, mount in entry.container.volumeMounts
	is_object(mount)
	mount.name == volume.name
	object.get(mount, "readOnly", false) != true
	v := {
		"msg": sprintf("%s may write %q of the host", [entry.label, volume.host]),
		"at": mount,
		"path": array.concat(entry.path, ["volumeMounts", i, "readOnly"]),
		"container": entry.name,
	}
}
