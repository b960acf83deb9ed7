# METADATA
# scope: package
# title: Pods use only the types of volumes that Kubernetes confines
# description: >-
#   The restricted Pod Security Standard allows configMap, csi, downwardAPI, emptyDir, ephemeral, image,
#   persistentVolumeClaim, projected and secret. All others reach the node, or a storage past the claims
#   that administrators control. Off by default; for teams that work towards the restricted standard.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: security/volume-types
#   severity: warning
#   enabled: false
#   pss: {level: restricted, check: restrictedVolumes}
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate, argoproj.io/Rollout]
#   remediation: Put the storage behind a persistentVolumeClaim; name further types in the parameter allowed.
#   parameters:
#     allowed:
#       default: []
#       description: Types of volumes that are allowed beyond those of the standard, such as nfs.
#       schema: {type: array, items: {type: string}}
#   tags: [security, pod-security-restricted]
package penstock.security.volume_types

import data.penstock.lib.parameters
import data.penstock.lib.workloads

# A volume without a source is an emptyDir. The API server refuses two sources.
violation contains v if {
	some i, volume in workloads.pod.volumes
	is_object(volume)
	not has_allowed(volume)
	some type, source in volume
	type != "name"
	source != null
	v := {
		"msg": sprintf("volume %q is of the type %s", [object.get(volume, "name", ""), type]),
		"at": source,
		"path": array.concat(workloads.pod_path, ["volumes", i, type]),
	}
}

has_allowed(volume) if {
	some type, source in volume
	source != null
	type != "name"
	allowed(type)
}

allowed(type) if {
	type in {
		"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
		"secret",
	}
}

allowed(type) if type in parameters.list("allowed", [])
