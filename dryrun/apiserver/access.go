package apiserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// access is what guards the server: a loopback listener, a certificate that the
// client pins, and a random token with all rights.
type access struct {
	greeting greeting
	listener net.Listener
	// Files in the private directory, readable by this user alone.
	certFile, keyFile, tokenFile, signingFile string
}

// validity of the certificate: longer than any run.
const validity = 30 * 24 * time.Hour

func newAccess(ctx context.Context, dir string) (*access, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening on the loopback interface: %w", err)
	}
	a := &access{
		listener: listener,
		certFile: filepath.Join(dir, "serving.crt"), keyFile: filepath.Join(dir, "serving.key"),
		tokenFile: filepath.Join(dir, "token.csv"), signingFile: filepath.Join(dir, "accounts.key"),
	}
	cert, key, err := certificate()
	if err != nil {
		return nil, fmt.Errorf("making the serving certificate: %w", err)
	}
	_, signing, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("making the key of the service accounts: %w", err)
	}
	a.greeting = greeting{Host: listener.Addr().String(), CA: cert, Token: rand.Text()}
	// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file
	token := fmt.Sprintf("%s,penstock,penstock,system:masters\n", a.greeting.Token)
	for path, data := range map[string][]byte{a.certFile: cert, a.keyFile: key, a.signingFile: signing, a.tokenFile: []byte(token)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, fmt.Errorf("writing the server's credentials: %w", err)
		}
	}
	return a, nil
}

func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

// certificate is for the loopback address and signed by itself.
func certificate() (cert, key []byte, err error) {
	private, key, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "penstock API server"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(validity),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key, nil
}
