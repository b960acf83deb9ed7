# METADATA
# scope: package
# title: Pods do not mount paths of the host
# description: >-
#   A hostPath volume ties a pod to the files of one node, survives the pod, and is a common way out of
#   a container. The mounts that hand over the node are found by security/host-takeover-path; this rule
#   names all others, too.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   id: security/host-path
#   severity: warning
#   pss: {level: baseline, check: hostPathVolumes}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Use a persistentVolumeClaim, an emptyDir, a configMap or a CSI volume; name the paths that agents of the node need in the parameter allowed.
#   parameters:
#     allowed:
#       default: []
#       description: Paths of the host that may be mounted; a star stands for anything between slashes, two for anything.
#   tags: [security, pod-security-baseline]
package penstock.security.host_path

import data.penstock.lib.host_paths
import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	some volume in host_paths.volumes
	not names.any_match(parameters.list("allowed", []), volume.host)
	v := {
		"msg": sprintf("volume %q mounts %q of the host", [volume.name, volume.host]),
		"at": volume.at,
		"path": volume.path,
	}
}
