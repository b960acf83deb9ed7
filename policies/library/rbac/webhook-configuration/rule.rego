# METADATA
# scope: package
# title: Roles do not change admission
# description: >-
#   Whoever may write webhook configurations or admission policies sees every object that is applied,
#   secrets included, may change it, and may switch off what guards the cluster. Off by default, because
#   controllers that renew the certificates of their webhooks need it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks
# custom:
#   id: rbac/webhook-configuration
#   severity: warning
#   enabled: false
#   match:
#     kinds: [rbac.authorization.k8s.io/ClusterRole]
#   remediation: Name the webhook configuration in resourceNames.
#   tags: [rbac, security]
package penstock.rbac.webhook_configuration

import data.penstock.lib.names
import data.penstock.lib.roles

violation contains v if {
	some i, rule in input.rules
	some resource in [
		"mutatingwebhookconfigurations", "validatingwebhookconfigurations",
		"validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
	]
	some verb in ["create", "update", "patch", "delete", "deletecollection"]
	roles.grants(rule, "admissionregistration.k8s.io", resource, verb)
	not roles.narrow(rule)
	v := {
		"msg": sprintf("%s %q grants writing %s", [input.kind, names.object_name, resource]),
		"at": rule,
		"path": ["rules", i],
	}
}
