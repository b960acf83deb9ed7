# METADATA
# scope: package
# title: Pods do not mount what controls the host
# description: >-
#   The socket of a container runtime starts privileged containers on the node for whoever can connect,
#   which a read-only mount does not prevent. A writable mount of the root or of a system directory of
#   the host lets a container replace what the node runs. Either makes one container own the node.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   id: security/host-takeover-path
#   severity: error
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Build images without the node's daemon and read the node through its API; mount a system directory read-only and as deep as possible.
#   tags: [security]
package penstock.security.host_takeover_path

import data.penstock.lib.host_paths
import data.penstock.lib.workloads

violation contains v if {
	some volume in host_paths.volumes
	some entry in workloads.containers
	some mount in mounts(entry.container)
	mount.name == volume.name
	fault := takeover(volume.host, mount)
	v := {
		"msg": sprintf("%s mounts %q of the host%s", [entry.label, volume.host, fault]),
		"at": volume.at,
		"path": volume.path,
		"container": entry.name,
	}
}

mounts(container) := [mount |
	some mount in container.volumeMounts
	is_object(mount)
]

takeover(host, _) := ", the socket of the container runtime" if {
	some suffix in sockets
	endswith(host, suffix)
}

takeover(host, mount) := ", writable" if {
	host in system
	object.get(mount, "readOnly", false) != true
}

sockets := ["/docker.sock", "/containerd.sock", "/crio.sock", "/cri-dockerd.sock", "/podman.sock", "/buildkitd.sock", "/dockershim.sock"]

# Directories whose content the node executes or trusts. /var/lib and /run are
# there for what they contain: the kubelet's pods and the runtimes' sockets.
system := {
	"/", "/bin", "/boot", "/dev", "/etc", "/etc/cron.d", "/etc/kubernetes", "/etc/kubernetes/manifests",
	"/etc/kubernetes/pki", "/etc/systemd", "/etc/systemd/system", "/home", "/lib", "/lib64", "/opt", "/proc",
	"/proc/sys", "/root", "/root/.ssh", "/run", "/run/containerd", "/run/systemd", "/sbin", "/sys", "/usr",
	"/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/var", "/var/lib",
	"/var/lib/containerd", "/var/lib/docker", "/var/lib/etcd", "/var/lib/kubelet", "/var/run", "/var/run/containerd",
}
