package helm

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// certificate has the fields that charts read of what genCA and the like give.
type certificate struct{ Cert, Key string }

func (s *seeded) ca(name string, days int) (certificate, error) {
	return s.issue(request{name: name, days: days, ca: true}, nil)
}

func (s *seeded) caWithKey(name string, days int, key string) (certificate, error) {
	return s.issue(request{name: name, days: days, ca: true, key: key, keyGiven: true}, nil)
}

func (s *seeded) selfSigned(name string, ips, dns []any, days int) (certificate, error) {
	return s.issue(request{name: name, ips: ips, dns: dns, days: days}, nil)
}

func (s *seeded) selfSignedWithKey(name string, ips, dns []any, days int, key string) (certificate, error) {
	return s.issue(request{name: name, ips: ips, dns: dns, days: days, key: key, keyGiven: true}, nil)
}

func (s *seeded) signed(name string, ips, dns []any, days int, ca certificate) (certificate, error) {
	return s.issue(request{name: name, ips: ips, dns: dns, days: days}, &ca)
}

func (s *seeded) signedWithKey(name string, ips, dns []any, days int, ca certificate, key string) (certificate, error) {
	return s.issue(request{name: name, ips: ips, dns: dns, days: days, key: key, keyGiven: true}, &ca)
}

// customCertificate is buildCustomCert: a certificate and key that the values
// bring along, in base64.
func customCertificate(cert64, key64 string) (certificate, error) {
	cert, err := base64.StdEncoding.DecodeString(cert64)
	if err != nil {
		return certificate{}, errors.New("unable to decode base64 certificate")
	}
	key, err := base64.StdEncoding.DecodeString(key64)
	if err != nil {
		return certificate{}, errors.New("unable to decode base64 private key")
	}
	c := certificate{string(cert), string(key)}
	if _, err := c.parse(); err != nil {
		return certificate{}, err
	}
	_, err = parseKey(c.Key)
	return c, err
}

func (c *certificate) parse() (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(c.Cert))
	if block == nil {
		return nil, errors.New("unable to decode certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parsing the certificate: %w", err)
	}
	return cert, nil
}

// request is what a certificate shall say.
type request struct {
	name     string
	ips, dns []any
	days     int
	ca       bool
	// key is a private key in PEM form; without keyGiven one is made.
	key      string
	keyGiven bool
}

// issue makes a certificate as sprig does, signed by its own key or by that of
// a parent. RSA (PKCS #1 v1.5) and Ed25519 signatures are deterministic, and
// those of ECDSA are without a source of randomness (RFC 6979).
func (s *seeded) issue(r request, parent *certificate) (certificate, error) {
	t, err := s.unsigned(r)
	if err != nil {
		return certificate{}, err
	}
	var key crypto.Signer
	if r.keyGiven {
		key, err = parseKey(r.key)
	} else {
		key, err = rsaKey(s.source("key", r.name, r.ips, r.dns, r.days, r.ca))
	}
	if err != nil {
		return certificate{}, err
	}
	issuer, signer := t, key
	if parent != nil {
		if issuer, err = parent.parse(); err != nil {
			return certificate{}, err
		}
		if signer, err = parseKey(parent.Key); err != nil {
			return certificate{}, err
		}
	}
	der, err := x509.CreateCertificate(nil, t, issuer, key.Public(), signer)
	if err != nil {
		return certificate{}, fmt.Errorf("making a certificate for %s: %w", r.name, err)
	}
	text, err := encodeKey(key)
	return certificate{Cert: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), Key: text}, err
}

func (s *seeded) unsigned(r request) (*x509.Certificate, error) {
	var serial [16]byte
	_, _ = s.source("serial", r.name, r.ips, r.dns, r.days, r.ca).Read(serial[:]) // never fails
	t := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:]),
		Subject:      pkix.Name{CommonName: r.name},
		NotBefore:    s.now,
		NotAfter:     s.now.Add(24 * time.Hour * time.Duration(r.days)),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:         r.ca, BasicConstraintsValid: true,
	}
	if r.ca {
		t.KeyUsage |= x509.KeyUsageCertSign
	}
	for _, ip := range r.ips {
		text, ok := ip.(string)
		parsed := net.ParseIP(text)
		if !ok || parsed == nil {
			return nil, fmt.Errorf("%v is not the text of an IP address", ip)
		}
		t.IPAddresses = append(t.IPAddresses, parsed)
	}
	for _, name := range r.dns {
		text, ok := name.(string)
		if !ok {
			return nil, fmt.Errorf("the DNS name %v is not a string", name)
		}
		t.DNSNames = append(t.DNSNames, text)
	}
	return t, nil
}
