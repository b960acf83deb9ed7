# METADATA
# scope: package
# title: Namespaces say how secure their pods have to be
# description: >-
#   Without the label pod-security.kubernetes.io/enforce the API server admits privileged pods. Off by
#   default, because a cluster may have a default of its own, or another policy engine.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-namespace-labels/
# custom:
#   id: governance/pod-security-labels
#   severity: warning
#   enabled: false
#   match:
#     kinds: [core/Namespace]
#   remediation: Add the label pod-security.kubernetes.io/enforce with baseline or restricted.
#   tags: [governance, security]
package penstock.governance.pod_security_labels

import data.penstock.lib.names

violation contains v if {
	not labelled
	v := {
		"msg": sprintf("Namespace %q enforces no Pod Security Standard", [names.object_name]),
		"at": input.metadata,
		"path": ["metadata", "labels", "pod-security.kubernetes.io/enforce"],
	}
}

labelled if input.metadata.labels["pod-security.kubernetes.io/enforce"] in {"privileged", "baseline", "restricted"}
