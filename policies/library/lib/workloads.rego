# METADATA
# scope: package
# title: Pods of workloads
# description: >-
#   Where the pod spec is in every built-in kind that has one and in a Rollout, and its containers. Everything that is
#   handed out is a subtree of the input itself, never a rebuilt copy: the place of a finding in its
#   source file is known by the subtree.
package penstock.lib.workloads

# pod is the pod spec of the object. It is undefined for objects without one.
pod := input.spec if {
	input.kind == "Pod"
	builtin_group
}

pod := input.spec.template.spec if {
	input.kind in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"}
	builtin_group
}

pod := input.spec.jobTemplate.spec.template.spec if {
	input.kind == "CronJob"
	builtin_group
}

pod := input.template.spec if {
	input.kind == "PodTemplate"
	builtin_group
}

# A Rollout of Argo Rollouts takes the place of a Deployment. One that refers to a
# Deployment (workloadRef) has no pod of its own.
pod := input.spec.template.spec if {
	input.kind == "Rollout"
	is_string(input.apiVersion)
	startswith(input.apiVersion, "argoproj.io/")
}

# pod_path is the path of the pod spec in the object.
pod_path := {
	"Pod": ["spec"],
	"Deployment": ["spec", "template", "spec"],
	"StatefulSet": ["spec", "template", "spec"],
	"DaemonSet": ["spec", "template", "spec"],
	"ReplicaSet": ["spec", "template", "spec"],
	"ReplicationController": ["spec", "template", "spec"],
	"Job": ["spec", "template", "spec"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
	"PodTemplate": ["template", "spec"],
	"Rollout": ["spec", "template", "spec"],
}[input.kind]

# builtin_group tells a kind of Kubernetes from a custom one of the same name,
# such as Job of batch.volcano.sh: no group of a built-in workload has a dot.
builtin_group if not custom_group

custom_group if {
	is_string(input.apiVersion)
	contains(input.apiVersion, ".")
}

# containers are all containers of the pod: those that run, those that
# initialise, and ephemeral ones. An entry has the container, its field in the
# pod spec (kind), its path in the object, its name, and what messages call it.
containers := [entry |
	some kind in ["containers", "initContainers", "ephemeralContainers"]
	some i, container in pod[kind]
	is_object(container)
	name := name_of(container, i)
	entry := {
		"container": container,
		"kind": kind,
		"path": array.concat(pod_path, [kind, i]),
		"name": name,
		"label": sprintf("%s %q", [nouns[kind], name]),
	}
]

nouns := {
	"containers": "container",
	"initContainers": "init container",
	"ephemeralContainers": "ephemeral container",
}

name_of(container, i) := container.name if {
	is_string(container.name)
} else := format_int(i, 10) if {
	is_number(i)
} else := ""

# scheduled are the containers whose resources count when the pod is scheduled.
# Ephemeral containers must not ask for any.
scheduled := [entry |
	some entry in containers
	entry.kind != "ephemeralContainers"
]

# long_running are the containers that the kubelet keeps running: those of a pod
# that is always restarted, and the init containers that are sidecars
# (https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/).
long_running := [entry |
	input.kind in {"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Rollout"}
	not runs_to_completion
	some entry in containers
	stays(entry)
]

runs_to_completion if pod.restartPolicy in {"Never", "OnFailure"}

stays(entry) if entry.kind == "containers"

stays(entry) if {
	entry.kind == "initContainers"
	entry.container.restartPolicy == "Always"
}

# windows says that the pod runs on Windows, which knows neither capabilities
# nor privilege escalation nor a read-only root file system, and where the API
# server refuses such fields.
windows if pod.os.name == "windows"

# security_context is the security context of a container where it has a usable
# one, else the container: the nearest subtree in which a field can be missing.
security_context(container) := container.securityContext if {
	is_object(container.securityContext)
} else := container

# on says that a switch is given and is anything but false. A switch of the wrong
# type, such as "true", counts as on.
on(value) if not value in {false, null}
