# METADATA
# scope: package
# title: Pod Security Standards
# description: >-
#   What the checks of the Pod Security Standards share: which of them a Kubernetes version has, whom they
#   spare, and the parts of a pod that several of them read. A version that is missing or unreadable counts
#   as the newest, which is what the label "latest" of a namespace means.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
package penstock.lib.pod_security

import data.penstock.lib.versions
import data.penstock.lib.workloads

# since says that the environment has Kubernetes 1.minor or a newer one.
since(minor) if versions.environment >= [1, minor]

# windows says that the pod is spared what Windows does not know. Before 1.25 the
# standards did not read os.name.
windows if {
	workloads.windows
	since(25)
}

# user_namespace says that root in the pod is nobody on the node, and that the
# standards know it.
user_namespace if {
	workloads.pod.hostUsers == false
	since(35)
}

# metadata is that of the pod: the annotations of a Deployment are not its pods'.
metadata := input.metadata if {
	input.kind == "Pod"
} else := input.template.metadata if {
	input.kind == "PodTemplate"
} else := input.spec.jobTemplate.spec.template.metadata if {
	input.kind == "CronJob"
} else := input.spec.template.metadata

# annotations are those of the pod that are not null, with their paths.
annotations := [entry |
	workloads.pod
	some key, value in metadata.annotations
	is_string(key)
	value != null
	entry := {
		"key": key,
		"value": value,
		"path": array.concat(array.slice(workloads.pod_path, 0, count(workloads.pod_path) - 1), ["metadata", "annotations", key]),
	}
]

# settings are the values of a field of the security contexts, of the pod and of
# its containers: the value, its path, who has it as messages call it, and the
# container's name, which is empty for the pod. Null is no value.
settings(field) := [entry |
	some owner in owners
	value := owner.context[field]
	value != null
	entry := {
		"value": value,
		"label": owner.label,
		"container": owner.container,
		"path": array.concat(owner.path, ["securityContext", field]),
	}
]

owners := array.concat(
	[{"context": context, "label": "the pod", "container": "", "path": workloads.pod_path} |
		context := workloads.pod.securityContext
	],
	[{"context": context, "label": entry.label, "container": entry.name, "path": entry.path} |
		some entry in workloads.containers
		context := entry.container.securityContext
	],
)

# profiles are the seccomp or AppArmor profiles whose type the standards forbid.
# Without a type a profile is forbidden, too.
profiles(field) := [object.union(setting, found) |
	some setting in settings(field)
	not allowed_profile(setting.value)
	found := typed(setting)
]

allowed_profile(profile) if profile.type in {"RuntimeDefault", "Localhost"}

typed(setting) := {
	"type": setting.value.type,
	"at": setting.value.type,
	"path": array.concat(setting.path, ["type"]),
} if {
	is_string(setting.value.type)
} else := {"type": "", "at": setting.value}

# proc_mounts are the containers that set procMount to anything but its default.
proc_mounts := [setting |
	some entry in workloads.containers
	value := entry.container.securityContext.procMount
	not value in {"Default", null}
	setting := {
		"value": value,
		"label": entry.label,
		"container": entry.name,
		"path": array.concat(entry.path, ["securityContext", "procMount"]),
	}
]

# added are the capabilities that a container adds, by their path below add. A
# single string in place of a list is judged like the list.
added(container) := {[]: container.securityContext.capabilities.add} if {
	is_string(container.securityContext.capabilities.add)
} else := {[i]: capability | some i, capability in container.securityContext.capabilities.add}
