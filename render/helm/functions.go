package helm

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net"
	"text/template"
	"time"
)

// epoch is what `now` gives: any constant does, as long as it never changes.
func epoch() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// seeded makes what charts take at random. Values depend on the release, the
// function, its arguments and how often it was called before, and so are the
// same in every render of the same input. They look like the real ones but are
// placeholders: Helm makes the real ones at install time.
type seeded struct {
	release string
	calls   uint64
}

func (s *seeded) source(parts ...any) *rand.ChaCha8 {
	s.calls++
	h := sha256.New()
	fmt.Fprintf(h, "%q", append([]any{s.release, s.calls}, parts...))
	return rand.NewChaCha8([32]byte(h.Sum(nil)))
}

func (s *seeded) text(alphabet string, n int, parts ...any) string {
	r := rand.New(s.source(parts...))
	out := make([]byte, max(n, 0))
	for i := range out {
		out[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(out)
}

const (
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits   = "0123456789"
	alphaNum = letters + digits
)

// functions replaces the functions of Helm's engine that are random or depend
// on the time (https://masterminds.github.io/sprig/).
func functions(opts Options) template.FuncMap {
	s := &seeded{release: opts.Namespace + "/" + opts.ReleaseName + "/" + opts.Dir}
	ascii := make([]byte, 0, 95)
	for c := byte(' '); c <= '~'; c++ {
		ascii = append(ascii, c)
	}
	return template.FuncMap{
		"now":          epoch,
		"ago":          s.ago,
		"randAlphaNum": func(n int) string { return s.text(alphaNum, n, "randAlphaNum", n) },
		"randAlpha":    func(n int) string { return s.text(letters, n, "randAlpha", n) },
		"randNumeric":  func(n int) string { return s.text(digits, n, "randNumeric", n) },
		"randAscii":    func(n int) string { return s.text(string(ascii), n, "randAscii", n) },
		"randBytes":    s.randBytes,
		"randInt":      s.randInt,
		"uuidv4":       s.uuid,
		"shuffle":      s.shuffle,
		"bcrypt":       func(password string) string { return s.bcrypt(password) },
		"htpasswd":     func(user, password string, _ ...string) string { return user + ":" + s.bcrypt(password) },
		"encryptAES":   s.encryptAES,

		"genPrivateKey":            s.privateKey,
		"genCA":                    s.ca,
		"genCAWithKey":             s.caWithKey,
		"genSelfSignedCert":        s.selfSigned,
		"genSelfSignedCertWithKey": s.selfSignedWithKey,
		"genSignedCert":            s.signed,
		"genSignedCertWithKey":     s.signedWithKey,
	}
}

func (s *seeded) ago(date any) string {
	t, ok := date.(time.Time)
	if !ok {
		t = epoch()
	}
	return epoch().Sub(t).Round(time.Second).String()
}

func (s *seeded) randBytes(n int) string {
	buf := make([]byte, max(n, 0))
	_, _ = s.source("randBytes", n).Read(buf) // never fails
	return base64.StdEncoding.EncodeToString(buf)
}

func (s *seeded) randInt(low, high int) (int, error) {
	if high <= low {
		return 0, fmt.Errorf("randInt %d %d: the second number must be greater", low, high)
	}
	return low + rand.New(s.source("randInt", low, high)).IntN(high-low), nil
}

func (s *seeded) uuid() string {
	var b [16]byte
	_, _ = s.source("uuidv4").Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *seeded) shuffle(text string) string {
	runes := []rune(text)
	rand.New(s.source("shuffle", text)).Shuffle(len(runes), func(i, j int) { runes[i], runes[j] = runes[j], runes[i] })
	return string(runes)
}

// bcrypt gives a string of the form of a bcrypt hash with the default cost.
func (s *seeded) bcrypt(password string) string {
	return "$2a$10$" + s.text("./"+alphaNum, 53, "bcrypt", password)
}

func (s *seeded) encryptAES(password, plain string) (string, error) {
	key := sha256.Sum256([]byte(password))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return "", err
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	data := []byte(plain)
	for range pad {
		data = append(data, byte(pad))
	}
	out := make([]byte, aes.BlockSize+len(data))
	_, _ = s.source("encryptAES", password, plain).Read(out[:aes.BlockSize]) // never fails
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], data)
	return base64.StdEncoding.EncodeToString(out), nil
}

// certificate has the fields that charts read of what genCA and friends give.
type certificate struct{ Cert, Key string }

func (s *seeded) key(parts ...any) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = s.source(parts...).Read(seed) // never fails
	return ed25519.NewKeyFromSeed(seed)
}

// privateKey gives an Ed25519 key in PKCS #8 form, or an RSA key in PKCS #1 form
// for "rsa", which consumers may read as such.
func (s *seeded) privateKey(kind string) (string, error) {
	if kind == "rsa" {
		key, err := s.rsa()
		if err != nil {
			return "", err
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})), nil
	}
	return encodeKey(s.key("genPrivateKey", kind))
}

// rsa makes an RSA key of the seed; crypto/rsa takes no seed by design.
func (s *seeded) rsa() (*rsa.PrivateKey, error) {
	source := s.source("rsa")
	const exponent = 65537
	prime := func() *big.Int {
		for {
			buf := make([]byte, 128)
			_, _ = source.Read(buf) // never fails
			buf[0] |= 0xc0
			buf[len(buf)-1] |= 1
			p := new(big.Int).SetBytes(buf)
			if p.ProbablyPrime(20) {
				return p
			}
		}
	}
	for {
		p, q := prime(), prime()
		one := big.NewInt(1)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(exponent), phi)
		if p.Cmp(q) == 0 || d == nil {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: exponent}, D: d, Primes: []*big.Int{p, q}}
		key.Precompute()
		return key, key.Validate()
	}
}

func encodeKey(key ed25519.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func (s *seeded) ca(name string, days int) (certificate, error) {
	return s.issue(request{name: name, days: days, ca: true}, nil)
}

func (s *seeded) caWithKey(name string, days int, key string) (certificate, error) {
	return s.issue(request{name: name, days: days, ca: true, key: key}, nil)
}

func (s *seeded) selfSigned(name string, ips, dns []any, days int) (certificate, error) {
	return s.issue(request{name: name, ips: ips, dns: dns, days: days}, nil)
}

func (s *seeded) selfSignedWithKey(name string, ips, dns []any, days int, key string) (certificate, error) {
	return s.issue(request{name: name, ips: ips, dns: dns, days: days, key: key}, nil)
}

func (s *seeded) signed(name string, ips, dns []any, days int, ca certificate) (certificate, error) {
	return s.issue(request{name: name, ips: ips, dns: dns, days: days}, &ca)
}

func (s *seeded) signedWithKey(name string, ips, dns []any, days int, ca certificate, key string) (certificate, error) {
	return s.issue(request{name: name, ips: ips, dns: dns, days: days, key: key}, &ca)
}

// request is what a certificate shall say. key is text that stands for a given
// private key: it seeds the key that is used.
type request struct {
	name     string
	ips, dns []any
	days     int
	ca       bool
	key      string
}

// issue makes a certificate, signed by its own key or by that of a parent.
func (s *seeded) issue(r request, parent *certificate) (certificate, error) {
	key := s.key("certificate", r.name, r.ips, r.dns, r.days, r.key)
	var serial [8]byte
	_, _ = s.source("serial", r.name).Read(serial[:]) // never fails
	t := &x509.Certificate{
		SerialNumber: new(big.Int).SetUint64(binary.BigEndian.Uint64(serial[:]) >> 1),
		Subject:      pkix.Name{CommonName: r.name},
		NotBefore:    epoch(), NotAfter: epoch().AddDate(0, 0, r.days),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        r.ca, BasicConstraintsValid: true,
	}
	if r.ca {
		t.KeyUsage |= x509.KeyUsageCertSign
	}
	for _, ip := range r.ips {
		parsed := net.ParseIP(fmt.Sprint(ip))
		if parsed == nil {
			return certificate{}, fmt.Errorf("%v is not an IP address", ip)
		}
		t.IPAddresses = append(t.IPAddresses, parsed)
	}
	for _, name := range r.dns {
		t.DNSNames = append(t.DNSNames, fmt.Sprint(name))
	}
	issuer, signer := t, key
	if parent != nil {
		var err error
		if issuer, signer, err = parent.parse(); err != nil {
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

func (c *certificate) parse() (*x509.Certificate, ed25519.PrivateKey, error) {
	block, _ := pem.Decode([]byte(c.Cert))
	keyBlock, _ := pem.Decode([]byte(c.Key))
	if block == nil || keyBlock == nil {
		return nil, nil, errors.New("the certificate authority is not in PEM form")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, nil, err
	}
	signer, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, nil, errors.New("the certificate authority was not made in this chart")
	}
	return cert, signer, nil
}
