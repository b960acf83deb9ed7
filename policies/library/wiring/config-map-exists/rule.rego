# METADATA
# scope: package
# title: ConfigMaps that pods read exist
# description: >-
#   A pod waits for a ConfigMap that is missing, for ever, unless the reference is optional. Those that
#   the cluster or a controller puts into every namespace are named in a parameter.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/configmap/#using-configmaps
# custom:
#   id: wiring/config-map-exists
#   severity: warning
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Correct the name, add the ConfigMap to the namespace, or mark the reference optional.
#   parameters:
#     present:
#       default: [kube-root-ca.crt, openshift-service-ca.crt, istio-ca-root-cert, linkerd-identity-trust-roots]
#       description: Names of ConfigMaps that are in every namespace; a star stands for anything.
#       schema: {type: array, items: {type: string}}
#   tags: [wiring]
package penstock.wiring.config_map_exists

import data.penstock.lib.config_refs
import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	some reference in config_refs.references
	reference.kind == "ConfigMap"
	not inventory.space.v1.ConfigMap[reference.name]
	not names.any_match(parameters.list("present", []), reference.name)
	not inventory.opaque
	v := {
		"msg": sprintf("%s reads the ConfigMap %q, which is not rendered", [reference.label, reference.name]),
		"at": reference.at,
		"path": reference.path,
		"container": reference.container,
	}
}
