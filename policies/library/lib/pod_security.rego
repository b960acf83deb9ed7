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

# annotation_path is the path of an annotation of the pod.
annotation_path(key) := array.concat(
	array.slice(workloads.pod_path, 0, count(workloads.pod_path) - 1),
	["metadata", "annotations", key],
)

# contexts are the security contexts of the pod and of its containers, with who
# has them: what messages call it, its path, and the container's name, which is
# empty for the pod.
contexts := array.concat(
	[{"context": context, "owner": {"label": "the pod", "name": "", "path": workloads.pod_path}} |
		context := workloads.pod.securityContext
	],
	[{"context": context, "owner": entry} |
		some entry in workloads.containers
		context := entry.container.securityContext
	],
)

# path_of is the path of a field of a security context.
path_of(holder, steps) := array.concat(array.concat(holder.owner.path, ["securityContext"]), steps)

# allowed_profile says that the standards allow a seccomp or AppArmor profile.
# Without a type it is forbidden.
allowed_profile(profile) if profile.type in {"RuntimeDefault", "Localhost"}

# typed is the type of a profile that a security context has, and where it is. It
# takes the holder, not the profile: OPA remembers what a function gives for equal
# arguments, and an equal profile of another holder is elsewhere.
typed(holder, field) := {"type": type, "at": type, "path": path_of(holder, [field, "type"])} if {
	type := holder.context[field].type
	is_string(type)
} else := {"type": "", "at": holder.context[field], "path": path_of(holder, [field])}

# unmasked are the containers that set procMount to anything but its default.
unmasked := [entry |
	some entry in workloads.containers
	not entry.container.securityContext.procMount in {"Default", null}
]

# added are the capabilities that the container of an entry adds, by their path
# below add. A single string in place of a list is judged like the list.
added(entry) := {[]: entry.container.securityContext.capabilities.add} if {
	is_string(entry.container.securityContext.capabilities.add)
} else := {[i]: capability | some i, capability in entry.container.securityContext.capabilities.add}
