package bundle

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"
)

// Key verifies signatures, and nothing else does: a bundle cannot say which key
// or algorithm it wants.
type Key struct {
	pem, algorithm string
	id, scope      string
}

// NewKey reads a public key in PEM, RSA or ECDSA. With an ID, the signature has
// to name it; the scope of the signature has to be the given one, be it empty.
func NewKey(text, id, scope string) (*Key, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("it is not a key in PEM")
	}
	var public any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		return nil, errors.New("it is a certificate; give its public key")
	default:
		return nil, errors.New("it is not a public key, but a " + strings.ToLower(block.Type))
	}
	if err != nil {
		return nil, err
	}
	algorithm, err := algorithmOf(public)
	if err != nil {
		return nil, err
	}
	return &Key{text, algorithm, id, scope}, nil
}

func algorithmOf(public crypto.PublicKey) (string, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 {
			return "", fmt.Errorf("an RSA key of %d bits is too short", key.N.BitLen())
		}
		return "RS256", nil
	case *ecdsa.PublicKey:
		switch key.Curve.Params().BitSize {
		case 256:
			return "ES256", nil
		case 384:
			return "ES384", nil
		case 521:
			return "ES512", nil
		}
	}
	return "", errors.New("it is neither an RSA key nor an ECDSA key of P-256, P-384 or P-521")
}

// verify checks that a signature of the key covers every file, as it is.
func (k *Key) verify(name string, files map[string][]byte) error {
	fault := func(format string, args ...any) error {
		return &Error{name, fmt.Sprintf(format, args...), "somebody changed the bundle, or it is signed otherwise than policies.bundles says (key, keyID, scope)"}
	}
	text, there := files[signatures]
	if !there {
		return fault("it has no signature, and a key is configured for it")
	}
	var config bundle.SignaturesConfig
	if err := json.Unmarshal(text, &config); err != nil {
		return fault("its signature cannot be read: %s", err)
	}
	if config.Plugin != "" {
		return fault("its signature asks for the plugin %s", config.Plugin)
	}
	id := k.id
	if id == "" {
		id = "configured"
	}
	keys := map[string]*bundle.KeyConfig{id: {Key: k.pem, Algorithm: k.algorithm, Scope: k.scope}}
	// With an ID of its own, the signature has to name this one; else it is not asked.
	ask := ""
	if k.id == "" {
		ask = id
	}
	signed, err := bundle.VerifyBundleSignature(config, bundle.NewVerificationConfig(keys, ask, k.scope, nil))
	if err != nil {
		return fault("its signature is not valid: %s", err)
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if file == signatures {
			continue
		}
		if err := bundle.VerifyBundleFile(file, *bytes.NewBuffer(files[file]), signed); err != nil {
			return fault("the signature does not hold: %s", err)
		}
	}
	if missing := slices.Sorted(maps.Keys(signed)); len(missing) > 0 {
		return fault("%s is signed, and not there", missing[0])
	}
	return nil
}

// Signing is how Build signs.
type Signing struct {
	// Key is a private key in PEM, RSA or ECDSA.
	Key       string
	ID, Scope string
}

// sign is the signature over the files. RSA gives the same one again; ECDSA does not.
func (s Signing) sign(files map[string][]byte) ([]byte, error) {
	algorithm, err := s.algorithm()
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	hasher, err := bundle.NewSignatureHasher(bundle.SHA256)
	if err != nil {
		return nil, err
	}
	var infos []bundle.FileInfo
	for _, file := range slices.Sorted(maps.Keys(files)) {
		var value any = files[file]
		if bundle.IsStructuredDoc(file) {
			if err := util.Unmarshal(files[file], &value); err != nil {
				return nil, fmt.Errorf("hashing %s: %w", file, err)
			}
		}
		sum, err := hasher.HashFile(value)
		if err != nil {
			return nil, fmt.Errorf("hashing %s: %w", file, err)
		}
		infos = append(infos, bundle.NewFile(file, hex.EncodeToString(sum), bundle.SHA256.String()))
	}
	claims := map[string]string{}
	if s.Scope != "" {
		claims["scope"] = s.Scope
	}
	if s.ID != "" {
		claims["keyid"] = s.ID
	}
	token, err := s.token(infos, algorithm, claims)
	if err != nil {
		return nil, fmt.Errorf("signing the bundle: %w", err)
	}
	return json.Marshal(bundle.SignaturesConfig{Signatures: []string{token}})
}

// token has OPA sign; it takes claims out of a file.
func (s Signing) token(infos []bundle.FileInfo, algorithm string, claims map[string]string) (token string, err error) {
	dir, err := os.MkdirTemp("", "penstock-claims-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	text, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "claims.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return "", err
	}
	return bundle.GenerateSignedToken(infos, bundle.NewSigningConfig(s.Key, algorithm, file), s.ID)
}

func (s Signing) algorithm() (string, error) {
	block, _ := pem.Decode([]byte(s.Key))
	if block == nil || !strings.HasPrefix(s.Key, "-----BEGIN") {
		return "", errors.New("it is not a key in PEM")
	}
	var private any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		private, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		private, err = x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		private, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return "", errors.New("it is not a private key without a password, but a " + strings.ToLower(block.Type))
	}
	if err != nil {
		return "", err
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return "", errors.New("it cannot sign")
	}
	return algorithmOf(signer.Public())
}
