# METADATA
# scope: package
# title: Secrets that pods read exist
# description: >-
#   A pod waits for a Secret that is missing, for ever, unless the reference is optional. Off by default,
#   because most Secrets come from elsewhere on purpose: a vault, an operator, an administrator. A
#   SealedSecret or an ExternalSecret of the name counts.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/#using-a-secret
# custom:
#   id: wiring/secret-exists
#   severity: warning
#   enabled: false
#   match:
#     kinds: [Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate]
#   remediation: Correct the name, add the Secret to the namespace, or mark the reference optional.
#   parameters:
#     present:
#       default: []
#       description: Names of Secrets that come from elsewhere; a star stands for anything.
#       schema: {type: array, items: {type: string}}
#   tags: [wiring]
package penstock.wiring.secret_exists

import data.penstock.lib.config_refs
import data.penstock.lib.inventory
import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	some reference in config_refs.references
	reference.kind == "Secret"
	not inventory.space.v1.Secret[reference.name]
	not made(reference.name)
	not names.any_match(parameters.list("present", []), reference.name)
	not inventory.opaque
	v := {
		"msg": sprintf("%s reads the Secret %q, which is not rendered", [reference.label, reference.name]),
		"at": reference.at,
		"path": reference.path,
		"container": reference.container,
	}
}

made(name) if {
	some kind in ["SealedSecret", "ExternalSecret"]
	some object in inventory.neighbours(kind)
	object.spec.target.name == name
}

made(name) if {
	some kind in ["SealedSecret", "ExternalSecret"]
	some object in inventory.neighbours(kind)
	object.metadata.name == name
}

made(name) if {
	some certificate in inventory.neighbours("Certificate")
	certificate.spec.secretName == name
}
