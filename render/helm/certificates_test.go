package helm

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"regexp"
	"strings"
	"testing"
)

func decodeCertificate(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	c := certificate{Cert: text}
	cert, err := c.parse()
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// TestCertificates checks that placeholders are what a server would load: the
// keys fit, the chain verifies, the names are there.
func TestCertificates(t *testing.T) {
	s := newSeeded(Options{ReleaseName: "web"})
	ecdsa, err := s.privateKey("ecdsa")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := s.ca("root", 10)
	if err != nil {
		t.Fatal(err)
	}
	withKey, err := s.caWithKey("root", 10, ecdsa)
	if err != nil {
		t.Fatal(err)
	}
	for name, ca := range map[string]certificate{"RSA": plain, "ECDSA": withKey} {
		t.Run(name, func(t *testing.T) {
			leaf, err := s.signed("web", []any{"10.0.0.1", "::1"}, []any{"web.svc"}, 5, ca)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AddCert(decodeCertificate(t, ca.Cert))
			cert := decodeCertificate(t, leaf.Cert)
			if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: "web.svc", CurrentTime: epoch()}); err != nil {
				t.Error(err)
			}
			if err := cert.VerifyHostname("10.0.0.1"); err != nil || !cert.IPAddresses[1].Equal(net.IPv6loopback) {
				t.Errorf("%v, addresses %v", err, cert.IPAddresses)
			}
			if want := epoch().AddDate(0, 0, 5); !cert.NotAfter.Equal(want) {
				t.Errorf("valid until %v, want %v", cert.NotAfter, want)
			}
			key, err := parseKey(leaf.Key)
			if err != nil {
				t.Fatal(err)
			}
			if !key.Public().(*rsa.PublicKey).Equal(cert.PublicKey) {
				t.Error("the key is not that of the certificate")
			}
			again, err := s.signedWithKey("web", nil, nil, 5, ca, leaf.Key)
			if err != nil || again.Key != leaf.Key {
				t.Errorf("a given key is not used: %v", err)
			}
		})
	}
	self, err := s.selfSignedWithKey("self", nil, []any{"self.svc"}, 5, ecdsa)
	if err != nil {
		t.Fatal(err)
	}
	if cert := decodeCertificate(t, self.Cert); cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) != nil || cert.IsCA {
		t.Error("the certificate is not signed by itself")
	}
}

// TestCustomCertificate checks that what the values bring can sign.
func TestCustomCertificate(t *testing.T) {
	s := newSeeded(Options{})
	ca, err := s.ca("root", 10)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	custom, err := customCertificate(encode([]byte(ca.Cert)), encode([]byte(ca.Key)))
	if err != nil || custom != ca {
		t.Fatalf("custom certificate: %v", err)
	}
	if _, err := s.signed("web", nil, nil, 5, custom); err != nil {
		t.Error(err)
	}
	for name, pair := range map[string][2]string{
		"no base64":      {"%", ""},
		"no certificate": {encode([]byte("text")), encode([]byte(ca.Key))},
		"no key":         {encode([]byte(ca.Cert)), encode([]byte("text"))},
	} {
		if _, err := customCertificate(pair[0], pair[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestPrivateKeys checks the form of every kind of key.
func TestPrivateKeys(t *testing.T) {
	s := newSeeded(Options{})
	for kind, head := range map[string]string{"": "RSA PRIVATE KEY", "rsa": "RSA PRIVATE KEY", "ecdsa": "EC PRIVATE KEY", "ed25519": "PRIVATE KEY"} {
		text, err := s.privateKey(kind)
		if err != nil || !strings.HasPrefix(text, "-----BEGIN "+head+"-----\n") {
			t.Errorf("%q: %v\n%s", kind, err, text)
			continue
		}
		if _, err := parseKey(text); err != nil {
			t.Errorf("%q: %v", kind, err)
		}
	}
	if text, err := s.privateKey("other"); err != nil || text != "Unknown type other" {
		t.Errorf("unknown kind: %q %v", text, err)
	}
	text, err := s.privateKey("dsa")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(text))
	var key struct {
		Version       int
		P, Q, G, Y, X *big.Int
	}
	if _, err := asn1.Unmarshal(block.Bytes, &key); err != nil || block.Type != "DSA PRIVATE KEY" {
		t.Fatalf("%s: %v", block.Type, err)
	}
	one := big.NewInt(1)
	if new(big.Int).Exp(key.G, key.Q, key.P).Cmp(one) != 0 || !key.P.ProbablyPrime(5) || !key.Q.ProbablyPrime(5) ||
		new(big.Int).Exp(key.G, key.X, key.P).Cmp(key.Y) != 0 || key.X.Cmp(key.Q) >= 0 || key.X.Sign() <= 0 {
		t.Error("the DSA key is none")
	}
}

// TestPlaceholderForms checks that placeholders have the form of the real ones.
func TestPlaceholderForms(t *testing.T) {
	fsys := parse(`
-- chart/Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- chart/templates/a.yaml --
apiVersion: v1
kind: Secret
metadata: {name: a}
data:
  alphaNum: {{ randAlphaNum 30 | quote }}
  numeric: {{ randNumeric 30 | quote }}
  none: {{ randAlpha 0 | quote }}
  negative: {{ randAlpha -1 | quote }}
  bytes: {{ randBytes 5 | quote }}
  int: {{ randInt 5 7 | quote }}
  uuid: {{ uuidv4 | quote }}
  shuffle: {{ shuffle "äöü" | len | quote }}
  bcrypt: {{ bcrypt "x" | quote }}
  tooLong: {{ bcrypt (repeat 73 "x") | quote }}
  htpasswd: {{ htpasswd "user" "x" | quote }}
  colon: {{ htpasswd "us:er" "x" | quote }}
  aes: {{ encryptAES "key" "plain text" | decryptAES "key" | quote }}
`)
	got := random(t, fsys, Options{Dir: "chart"})
	for name, pattern := range map[string]string{
		"alphaNum": `[A-Za-z0-9]{30}`, "numeric": `[0-9]{30}`, "none": ``, "negative": ``,
		"bytes": `[A-Za-z0-9+/]{7}=`, "int": `5|6`, "shuffle": `6`,
		"uuid":   `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`,
		"bcrypt": `\$2a\$10\$[./A-Za-z0-9]{53}`, "htpasswd": `user:\$2a\$10\$[./A-Za-z0-9]{53}`,
		"tooLong": `failed to encrypt string with bcrypt: .*`, "colon": `invalid username: us:er`, "aes": `plain text`,
	} {
		if !regexp.MustCompile("^(?:" + pattern + ")$").MatchString(got[name]) {
			t.Errorf("%s is %q, want %s", name, got[name], pattern)
		}
	}
}
