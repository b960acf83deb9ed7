# METADATA
# scope: package
# title: Annotations still have an effect
# description: >-
#   Annotations of alpha and beta features that became fields are no longer read: what they ask for is not
#   done, and nothing says so.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/labels-annotations-taints/
# custom:
#   id: api/dead-annotation
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, core/Service, core/PersistentVolumeClaim, core/PersistentVolume, storage.k8s.io/StorageClass]
#   remediation: Use the field that the message names, and remove the annotation.
#   tags: [api]
package penstock.api.dead_annotation

import data.penstock.lib.names

violation contains v if {
	some path in [["metadata"], ["spec", "template", "metadata"], ["spec", "jobTemplate", "spec", "template", "metadata"]]
	annotations := object.get(input, array.concat(path, ["annotations"]), null)
	some annotation, value in annotations
	is_string(annotation)
	field := successor(annotation)
	v := {
		"msg": sprintf("%s %q has the annotation %s, which nothing reads any more; use %s", [
			input.kind, names.object_name, annotation, field,
		]),
		"at": value,
		"path": array.concat(path, ["annotations", annotation]),
	}
}

successor(annotation) := successors[annotation]

successor(annotation) := "securityContext.seccompProfile" if startswith(annotation, "container.seccomp.security.alpha.kubernetes.io/")

successors := {
	"seccomp.security.alpha.kubernetes.io/pod": "securityContext.seccompProfile",
	"scheduler.alpha.kubernetes.io/affinity": "affinity",
	"scheduler.alpha.kubernetes.io/tolerations": "tolerations",
	"scheduler.alpha.kubernetes.io/critical-pod": "priorityClassName",
	"pod.beta.kubernetes.io/init-containers": "initContainers",
	"pod.alpha.kubernetes.io/init-containers": "initContainers",
	"pod.alpha.kubernetes.io/initialized": "podManagementPolicy",
	"service.alpha.kubernetes.io/tolerate-unready-endpoints": "publishNotReadyAddresses",
	"service.beta.kubernetes.io/external-traffic": "externalTrafficPolicy",
	"service.beta.kubernetes.io/healthcheck-nodeport": "healthCheckNodePort",
	"volume.alpha.kubernetes.io/storage-class": "storageClassName",
	"security.alpha.kubernetes.io/sysctls": "securityContext.sysctls",
	"security.alpha.kubernetes.io/unsafe-sysctls": "securityContext.sysctls",
}
