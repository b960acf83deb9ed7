# METADATA
# scope: package
# title: ConfigMaps hold no secrets
# description: >-
#   ConfigMaps are neither encrypted at rest nor guarded by the access rules of secrets, and in a
#   repository they are plain text with a history. What counts is the name of the entry, or a value
#   that is a private key or a URL with a password.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/configmap/
# custom:
#   id: secrets/plaintext-configmap
#   severity: warning
#   match:
#     kinds: [ConfigMap]
#   remediation: Move the entry to a Secret that is encrypted in the repository or comes from a vault, and rotate it.
#   parameters:
#     ignored:
#       default: []
#       description: Names of entries that hold no secret although they look like it; a star stands for anything.
#   tags: [secrets, security]
package penstock.secrets.plaintext_configmap

import data.penstock.lib.names
import data.penstock.lib.parameters
import data.penstock.lib.secrets

violation contains v if {
	some field in ["data", "binaryData"]
	some key, value in input[field]
	suspicious(key, value)
	not names.any_match(parameters.list("ignored", []), key)
	v := {
		"msg": sprintf("the entry %s holds a secret in plain text", [key]),
		"at": value,
		"path": [field, key],
	}
}

suspicious(key, value) if {
	is_string(key)
	secrets.secret_name(key)
	secrets.secret_value(value)
}

suspicious(_, value) if secrets.revealing(value)
