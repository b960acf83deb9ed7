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
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// access is what guards the server: a loopback address, a certificate that the
// client pins, and a random token with all rights.
type access struct {
	greeting greeting
	// Files in the private directory, readable by this user alone.
	certFile, keyFile, tokenFile, signingFile string
}

// validity of the certificate: longer than any run.
const validity = 30 * 24 * time.Hour

func newAccess(dir, host string) (*access, error) {
	a := &access{
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
	a.greeting = greeting{Host: host, CA: cert, Token: rand.Text()}
	// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file
	token := fmt.Sprintf("%s,penstock,penstock,system:masters\n", a.greeting.Token)
	for path, data := range map[string][]byte{a.certFile: cert, a.keyFile: key, a.signingFile: signing, a.tokenFile: []byte(token)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, fmt.Errorf("writing the server's credentials: %w", err)
		}
	}
	return a, nil
}

// loopback listens where nobody but this machine can connect.
func loopback(ctx context.Context) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening on the loopback interface: %w", err)
	}
	return listener, nil
}

// reserve takes a port of the loopback interface for a process to come, which
// listens there with --permit-port-sharing: only processes of this user can bind
// what is bound so, and nobody gets a connection who does not listen.
func reserve() (host string, release func(), err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return "", nil, fmt.Errorf("taking a port of the loopback interface: %w", err)
	}
	unix.CloseOnExec(fd)
	release = func() { _ = unix.Close(fd) }
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var address unix.Sockaddr
	if err == nil {
		address, err = unix.Getsockname(fd)
	}
	bound, ok := address.(*unix.SockaddrInet4)
	if err == nil && !ok {
		err = fmt.Errorf("it has an address of the kind %T", address)
	}
	if err != nil {
		release()
		return "", nil, fmt.Errorf("taking a port of the loopback interface: %w", err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(bound.Port)), release, nil
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
