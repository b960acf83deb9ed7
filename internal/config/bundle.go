package config

import (
	"net/url"
	"regexp"
	"strings"
)

// BundleSpec is an OPA bundle of rules: a file of the repository, or one that is fetched.
type BundleSpec struct {
	// Path of a bundle (.tar.gz) in the repository. It is read from base, and so needs no digest.
	File string `yaml:"file"`
	// HTTPS address of a bundle. It is fetched without credentials.
	URL string `yaml:"url"`
	// Repository of an OCI registry, without a tag, such as "ghcr.io/organisation/policies".
	OCI string `yaml:"oci"`
	// Digest of the file, or of the manifest in the registry, as penstock policy build and push print it. Bundles that are fetched must have one.
	Digest string `yaml:"digest" pattern:"^sha256:[0-9a-f]{64}$"`
	// Public key in PEM, or the path of one in the repository. With it, a bundle without a valid signature is refused.
	Key string `yaml:"key"`
	// ID of the key that the signature has to name.
	KeyID string `yaml:"keyID"`
	// Scope that the signature must have been made for.
	Scope string `yaml:"scope"`
}

var bundleDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Name is where the bundle comes from.
func (b BundleSpec) Name() string { return b.File + b.URL + b.OCI }

// InlineKey reports whether Key is the key itself, and not the path of one.
func (b BundleSpec) InlineKey() bool { return strings.Contains(b.Key, "-----BEGIN") }

func checkBundle(b *BundleSpec, at string, add reporter) {
	sources := 0
	for _, s := range []string{b.File, b.URL, b.OCI} {
		if s != "" {
			sources++
		}
	}
	if sources != 1 {
		add(at, "give one of file, url and oci", "%s names %d places to take a bundle from", at, sources)
		return
	}
	switch {
	case b.Digest != "" && !bundleDigest.MatchString(b.Digest):
		add(at+".digest", "write sha256: and 64 digits, as penstock policy build and push print it", "%q is not a digest", b.Digest)
	case b.Digest == "" && b.File == "":
		add(at, "add `digest: sha256:…`: penstock policy pull prints it", "%s has no digest: what is fetched could be another bundle tomorrow", at)
	}
	if b.File != "" {
		b.File = checkPath(b.File, at+".file", add)
	}
	if u, err := url.Parse(b.URL); b.URL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		add(at+".url", "write https://…, without a user; bundles that need a password belong into an OCI registry", "%s.url is not an address that can be fetched", at)
	}
	if b.OCI != "" && (strings.Contains(b.OCI, "@") || strings.Contains(b.OCI, "://") || !strings.Contains(b.OCI, "/") || strings.Contains(b.OCI[strings.LastIndexByte(b.OCI, '/'):], ":")) {
		add(at+".oci", "write registry/repository; the digest says which bundle", "%q is not the repository of a registry", b.OCI)
	}
	if b.Key == "" && b.KeyID+b.Scope != "" {
		add(at, "add `key: …`, or remove keyID and scope", "%s has a keyID or scope, and no key to verify with", at)
	}
	if b.Key != "" && !b.InlineKey() {
		b.Key = checkPath(b.Key, at+".key", add)
	}
}
