# METADATA
# scope: package
# title: Secrets are encrypted in the repository
# description: >-
#   The base64 of a Secret is no encryption: whoever reads the repository has what is in it, now and from
#   its history. Values that SOPS has encrypted are recognised, and those that say that they are
#   placeholders.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   id: secrets/plaintext-secret
#   severity: warning
#   match:
#     kinds: [core/Secret]
#   remediation: Encrypt it (SOPS, Sealed Secrets), or let an operator fetch it from a vault, and rotate what was in it.
#   parameters:
#     ignored:
#       default: []
#       description: Secrets that hold nothing secret, as namespace/name; a star stands for anything between slashes.
#       schema: {type: array, items: {type: string}}
#   tags: [secrets, security]
package penstock.secrets.plaintext_secret

import data.penstock.lib.names
import data.penstock.lib.parameters

violation contains v if {
	not input.sops
	not names.any_match(parameters.list("ignored", []), names.qualified)
	readable
	v := {
		"msg": sprintf("Secret %q is in the repository in plain text", [names.object_name]),
		"at": input.metadata,
		"path": ["metadata", "name"],
	}
}

readable if {
	some key, value in input.stringData
	telling(key, value)
}

readable if {
	some key, value in input.data
	is_string(value)
	base64.is_valid(value)
	telling(key, base64.decode(value))
}

# The certificate of an authority is public.
telling(key, value) if {
	is_string(value)
	not key in {"ca.crt", "ca-bundle.crt", "namespace"}
	text := trim_space(value)
	text != ""
	not regex.match(`^ENC\[|^\$\{|^<.*>$|(?i)^(change-?me|placeholder|todo|replace-?me|xxx+|dummy|example)`, text)
}
