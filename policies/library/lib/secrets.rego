# METADATA
# scope: package
# title: Secrets in plain text
# description: >-
#   How to tell a value that is a secret from its name and its form. It is a guess on purpose: rules
#   that use it warn, and never repeat the value.
package penstock.lib.secrets

# secret_name says that a name ends as names of secrets do. Names that go on, such
# as PASSWORD_FILE, TOKEN_URL or SECRET_NAME, tell where a secret is; names such as
# MAX_TOKENS count or switch.
secret_name(name) if {
	regex.match(
		concat("", [
			`(?i)(passwords?|passwd|passphrase|secrets?|tokens?|credentials?|[-_.]pwd|[-_.]pass|`,
			`(api|access|account|encryption|license|master|private|secret|shared|signing|storage)[-_.]?keys?)$`,
		]),
		name,
	)
	not regex.match(`(?i)(^|[-_.])(allow|disable|enable|has|is|max|min|num|require|total|use|with)d?[-_.][a-z]+$`, name)
	not regex.match(`(^|[-_.])(allow|disable|enable|has|is|max|min|num|require|total|use|with)d?[A-Z][a-z]+$`, name)
}

# secret_value says that a value is more than a switch, a number of things, a
# reference to another value, or the path of a file that has the secret.
secret_value(value) if {
	is_string(value)
	text := trim_space(value)
	text != ""
	not regex.match(`(?i)^(true|false|yes|no|on|off|none|null|nil)$`, text)
	not regex.match(`^\$(\([^)]+\)|\{[^}]+\})$`, text)
	not regex.match(`^(file://)?/(etc|var|run|opt|tmp|mnt|home|root|usr|srv|secrets?|config|certs?|keys?|app|data|vault|tls)(/[A-Za-z0-9_.@-]+)+/?$`, text)
}

# A number or a binary value under the name of a secret is one, too; the API
# server refuses it, but it is in the repository.
secret_value(value) if is_number(value)

# revealing says that a value shows by its form that it is a secret: a private key
# in PEM, or a URL with a password that is not a reference.
revealing(value) if {
	is_string(value)
	regex.match(`-----BEGIN [A-Z ]*PRIVATE KEY-----`, value)
}

revealing(value) if {
	is_string(value)
	some groups in regex.find_all_string_submatch_n(`^\s*[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@`, value, 1)
	not regex.match(`^[$<{]`, groups[1])
}
