# METADATA
# scope: package
# title: Images can be pulled
# description: >-
#   With the pull policy Never a pod starts only on nodes to which somebody copied the image by hand. A
#   word that is no policy is refused by the API server.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
# custom:
#   id: images/pull-policy
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Leave imagePullPolicy out, or set it to IfNotPresent or Always.
#   tags: [images]
package penstock.images.pull_policy

import data.penstock.lib.workloads

violation contains v if {
	some entry in workloads.containers
	policy := entry.container.imagePullPolicy
	not policy in {"Always", "IfNotPresent", "", null}
	v := {
		"msg": sprintf("%s has the image pull policy %v", [entry.label, policy]),
		"at": policy,
		"path": array.concat(entry.path, ["imagePullPolicy"]),
		"container": entry.name,
	}
}
