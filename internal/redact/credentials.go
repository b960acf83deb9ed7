package redact

import (
	"regexp"
	"strings"
)

// The forms in which a text carries a credential that no manifest knows of: what
// is kept before it, the credential, and what is kept after it, if anything.
var (
	// userinfo of a URL (RFC 3986, section 3.2.1): https://user:token@host.
	userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/\s@"'<>]+(@)`)
	// parameter of a URL whose name says what it is.
	parameter = regexp.MustCompile(`(?i)([?&](?:access_token|token|private_token|sig|signature|x-amz-signature|password|secret|key)=)[^&\s"'<>]+`)
	// header of HTTP (RFC 9110, section 11.6.2).
	header = regexp.MustCompile(`(?i)(authorization:\s*(?:[a-z]+\s+)?)[^\s"',]+`)
	// github is a token of GitHub. Those of installations may be of any length
	// and hold a JSON Web Token.
	github = regexp.MustCompile(`\b(gh[pousr]_|github_pat_)[A-Za-z0-9_.-]{16,}`)
	// bearer is a token as RFC 6750 writes it, without its header.
	bearer = regexp.MustCompile(`(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{16,}`)
	// privateKey is a key in PEM (RFC 7468), also in a difference; one that is cut
	// has no end.
	privateKey = regexp.MustCompile(`(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----).*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)`)
	// jwt is a JSON Web Token (RFC 7519): two objects of JSON in base64url.
	jwt = regexp.MustCompile(`\b(eyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`)
)

// Credentials hides what looks like a credential in a text of any origin: in
// URLs, in headers, tokens of GitHub, and private keys. It serves errors of libraries and
// answers of servers, which repeat what they were given.
func Credentials(text string) string {
	// Expressions that ignore case take a hundred times as long as a look for what
	// each of them needs, and hardly any text has that.
	lower := strings.ToLower(text)
	if strings.Contains(text, "://") {
		text = userinfo.ReplaceAllString(text, "${1}"+hidden+"${2}")
	}
	if strings.Contains(text, "PRIVATE KEY-----") {
		text = privateKey.ReplaceAllString(text, "${1}"+hidden+"${2}")
	}
	for _, form := range []struct {
		needs   string
		pattern *regexp.Regexp
	}{{"=", parameter}, {"authorization:", header}, {"bearer", bearer}, {"_", github}, {"eyj", jwt}} {
		if strings.Contains(lower, form.needs) {
			text = form.pattern.ReplaceAllString(text, "${1}"+hidden)
		}
	}
	return text
}
