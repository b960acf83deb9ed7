# METADATA
# scope: package
# title: Names can be stored
# description: >-
#   Names are small letters, digits, dashes and dots. Those of Services and Namespaces are labels of the
#   DNS, with at most 63 characters, and those of CronJobs have at most 52, because their Jobs get a
#   number. The API server refuses anything else.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names
# custom:
#   id: governance/name-syntax
#   severity: error
#   match:
#     kinds:
#     - ConfigMap
#     - Namespace
#     - PersistentVolumeClaim
#     - Pod
#     - Secret
#     - core/Service
#     - ServiceAccount
#     - apps/*
#     - autoscaling/*
#     - batch/*
#     - networking.k8s.io/Ingress
#     - networking.k8s.io/NetworkPolicy
#     - policy/PodDisruptionBudget
#   remediation: Give the object a shorter name, in small letters.
#   tags: [governance]
package penstock.governance.name_syntax

import data.penstock.lib.names

violation contains v if {
	name := names.object_name
	name != ""
	not contains(name, "${")
	not fits(name)
	v := {
		"msg": sprintf("%s %q cannot have that name: %s", [input.kind, name, wanted]),
		"at": input.metadata.name,
		"path": ["metadata", "name"],
	}
}

fits(name) if {
	count(name) <= longest
	regex.match(pattern, name)
}

dns_label if input.kind in {"Service", "Namespace"}

pattern := `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$` if {
	dns_label
} else := `^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`

longest := 63 if {
	dns_label
} else := 52 if {
	input.kind == "CronJob"
} else := 253

wanted := sprintf("small letters, digits and dashes, at most %d", [longest]) if {
	dns_label
} else := sprintf("small letters, digits, dashes and dots, at most %d", [longest])
