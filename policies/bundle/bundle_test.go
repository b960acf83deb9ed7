package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"strings"
	"testing"

	opa "github.com/open-policy-agent/opa/v1/bundle"
	"github.com/penstock-dev/penstock/policies/bundle"
)

// pair is a private and a public key in PEM.
func pair(t *testing.T, curve elliptic.Curve) (private, public string) {
	t.Helper()
	var key any
	var err error
	var pub any
	if curve == nil {
		k, e := rsa.GenerateKey(rand.Reader, 2048)
		key, pub, err = k, &k.PublicKey, e
	} else {
		k, e := ecdsa.GenerateKey(curve, rand.Reader)
		key, pub, err = k, &k.PublicKey, e
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pubDER, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pubDER}))
}

func contents() bundle.Contents {
	return bundle.Contents{
		Files:    map[string][]byte{"a/rule.rego": []byte("package a\n\ndeny contains \"no\" if data.list[_] == input.x\n"), "b.rego": []byte("package b\n\ndeny[\"old\"] { input.y }\n")},
		Data:     map[string]any{"list": []any{"x"}},
		Revision: "v1",
	}
}

// TestBuildIsDeterministic holds for signed bundles as well, with RSA.
func TestBuildIsDeterministic(t *testing.T) {
	private, _ := pair(t, nil)
	for _, signing := range []*bundle.Signing{nil, {Key: private, ID: "release", Scope: "production"}} {
		a, err := bundle.Build(contents(), signing)
		if err != nil {
			t.Fatal(err)
		}
		b, err := bundle.Build(contents(), signing)
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%v: not the same bytes", err)
		}
	}
}

// TestOPAReadsBundles has OPA itself verify what Build writes.
func TestOPAReadsBundles(t *testing.T) {
	private, public := pair(t, elliptic.P256())
	data, err := bundle.Build(contents(), &bundle.Signing{Key: private, ID: "release", Scope: "production"})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]*opa.KeyConfig{"release": {Key: public, Algorithm: "ES256"}}
	b, err := opa.NewReader(bytes.NewReader(data)).WithBundleVerificationConfig(opa.NewVerificationConfig(keys, "", "production", nil)).Read()
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Modules) != 2 || b.Manifest.Revision != "v1" || b.Data["list"] == nil {
		t.Errorf("%d modules, %+v, %v", len(b.Modules), b.Manifest, b.Data)
	}
}

// TestOpen shows what policies are loaded from.
func TestOpen(t *testing.T) {
	data := archive(t, map[string]string{"/.manifest": `{"revision": "7"}`, "/a/b/data.yaml": "c: 1\n", "./rules/x.rego": "package x\n", "/data.json": "{}", "README.md": "hello"})
	b, err := bundle.Open("org", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = fs.WalkDir(b.FS(), "org", func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			text, err := fs.ReadFile(b.FS(), p)
			got = append(got, p+": "+strings.TrimSpace(string(text)))
			return err
		}
		return err
	})
	want := "org/data/a/b/data.yaml.json: {\"a\":{\"b\":{\"c\":1}}}\norg/data/data.json.json: {}\norg/rules/x.rego: package x"
	if err != nil || strings.Join(got, "\n") != want || b.Revision != "7" || b.Signed {
		t.Errorf("%v: got\n%s\nwant\n%s", err, strings.Join(got, "\n"), want)
	}
}

// archive is a bundle of whatever files.
func archive(t *testing.T, files map[string]string, more ...*tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range more {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if w.Close() != nil || zipped.Close() != nil {
		t.Fatal("cannot write the archive")
	}
	return out.Bytes()
}

// TestHostileArchives are refused before anything is made of them.
func TestHostileArchives(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"a symbolic link":  {archive(t, nil, &tar.Header{Name: "a.rego", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "is a link"},
		"a hard link":      {archive(t, nil, &tar.Header{Name: "a.rego", Typeflag: tar.TypeLink, Linkname: "b"}), "is a link"},
		"a device":         {archive(t, nil, &tar.Header{Name: "a.rego", Typeflag: tar.TypeChar}), "special file"},
		"a way out":        {archive(t, map[string]string{"../a.rego": "package a"}), "is not a name within"},
		"a way through":    {archive(t, map[string]string{"a/../../a.rego": "package a"}), "is not a name within"},
		"a backslash":      {archive(t, map[string]string{`..\a.rego`: "package a"}), "is not a name within"},
		"twice":            {archive(t, map[string]string{"a.rego": "", "/a.rego": ""}), "is there twice"},
		"a bomb":           {archive(t, map[string]string{"data.json": strings.Repeat(" ", 128<<20+1)}), "bytes unpacked"},
		"nothing":          {archive(t, nil), "it is empty"},
		"no archive":       {[]byte("package a"), "not a gzipped archive"},
		"too large":        {make([]byte, bundle.MaxSize+1), "at most"},
		"half":             {archive(t, map[string]string{"a.rego": strings.Repeat("package a ", 999)})[:60], "cannot be read"},
		"compiled":         {archive(t, map[string]string{"policy.wasm": ""}), "compiled policy"},
		"a delta":          {archive(t, map[string]string{"patch.json": "{}"}), "delta"},
		"data of one kind": {archive(t, map[string]string{"data.json": "[]"}), "not a mapping"},
	} {
		if _, err := bundle.Open("org", c.data, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestSignatures: a bundle is taken only if the configured key signed all of it,
// and nothing that the bundle says changes which key, algorithm or scope is asked for.
func TestSignatures(t *testing.T) {
	private, public := pair(t, nil)
	_, other := pair(t, nil)
	_, elliptic256 := pair(t, elliptic.P256())
	signed := files(t, private, "release", "production")
	change := func(name, text string) []byte {
		changed := map[string]string{}
		for k, v := range signed {
			changed[k] = v
		}
		if changed[name] = text; text == "" {
			delete(changed, name)
		}
		return archive(t, changed)
	}
	whole := archive(t, signed)
	for name, c := range map[string]struct {
		data           []byte
		key, id, scope string
		want           string
	}{
		"right":                 {whole, public, "release", "production", ""},
		"right, any ID":         {whole, public, "", "production", ""},
		"another key":           {whole, other, "release", "production", "not valid"},
		"a key of another kind": {whole, elliptic256, "release", "production", "not valid"},
		"another ID":            {whole, public, "staging", "production", "not found"},
		"another scope":         {whole, public, "release", "staging", "scope mismatch"},
		"no scope":              {whole, public, "release", "", "scope mismatch"},
		"stripped":              {change(".signatures.json", ""), public, "release", "production", "it has no signature"},
		"an empty signature":    {change(".signatures.json", `{"signatures": []}`), public, "release", "production", "not valid"},
		"a plugin":              {change(".signatures.json", `{"plugin": "none", "signatures": ["x"]}`), public, "release", "production", "asks for the plugin"},
		"no algorithm":          {change(".signatures.json", `{"signatures": ["eyJhbGciOiJub25lIn0.eyJmaWxlcyI6W10sInNjb3BlIjoicHJvZHVjdGlvbiIsImtleWlkIjoicmVsZWFzZSJ9."]}`), public, "", "production", "not valid"},
		"a changed rule":        {change("b.rego", "package b\n"), public, "release", "production", "digest mismatch"},
		"changed data":          {change("data.json", `{"list": []}`), public, "release", "production", "digest mismatch"},
		"a file more":           {change("c.rego", "package c\n"), public, "release", "production", "not included in bundle signature"},
		"a file less":           {change("b.rego", ""), public, "release", "production", "b.rego is signed, and not there"},
	} {
		key, err := bundle.NewKey(c.key, c.id, c.scope)
		if err != nil {
			t.Fatal(err)
		}
		_, err = bundle.Open("org", c.data, key)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// files are those of a signed bundle.
func files(t *testing.T, private, id, scope string) map[string]string {
	t.Helper()
	data, err := bundle.Build(contents(), &bundle.Signing{Key: private, ID: id, Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	zipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := tar.NewReader(zipped); ; {
		h, err := r.Next()
		if err != nil {
			return out
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(h.Name, "/")] = text.String()
	}
}

// TestKeys that cannot verify anything are refused.
func TestKeys(t *testing.T) {
	private, _ := pair(t, elliptic.P384())
	for text, want := range map[string]string{"secret": "not a key in PEM", private: "not a public key", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n": "a certificate"} {
		if _, err := bundle.NewKey(text, "", ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// FuzzOpen reads whatever claims to be a bundle: an error, or plain files within
// the directory that it was given.
func FuzzOpen(f *testing.F) {
	data, err := bundle.Build(contents(), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := bundle.Open("org", data, nil)
		if err != nil {
			if fault := (*bundle.Error)(nil); !errors.As(err, &fault) {
				t.Errorf("not an *Error: %v", err)
			}
			return
		}
		err = fs.WalkDir(b.FS(), ".", func(p string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && (!e.Type().IsRegular() || !strings.HasPrefix(p, "org/")) {
				t.Errorf("%s is %s", p, e.Type())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
