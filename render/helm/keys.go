package helm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// rsaBits is the size of every RSA key. genPrivateKey of sprig makes 4096 bits,
// which takes ten times as long and shows nowhere in a placeholder.
const rsaBits = 2048

// privateKey is genPrivateKey: a key of the kind and form that sprig gives.
func (s *seeded) privateKey(kind string) (string, error) {
	source := s.source("genPrivateKey", kind)
	switch kind {
	case "", "rsa":
		key, err := rsaKey(source)
		if err != nil {
			return "", err
		}
		return encodeKey(key)
	case "dsa":
		return dsaKey(source)
	case "ecdsa":
		key, err := ecdsaKey(source)
		if err != nil {
			return "", err
		}
		return encodeKey(key)
	case "ed25519":
		seed := make([]byte, ed25519.SeedSize)
		if _, err := io.ReadFull(source, seed); err != nil {
			return "", err
		}
		return encodeKey(ed25519.NewKeyFromSeed(seed))
	}
	return "Unknown type " + kind, nil
}

// rsaKey makes an RSA key of a stream of bytes: crypto/rsa takes none, so that
// nobody makes a key that can be made again.
func rsaKey(source io.Reader) (*rsa.PrivateKey, error) {
	const exponent = 65537
	one, sieve := big.NewInt(1), smallPrimes()
	for {
		p, err := prime(source, rsaBits/2, sieve)
		if err != nil {
			return nil, err
		}
		q, err := prime(source, rsaBits/2, sieve)
		if err != nil {
			return nil, err
		}
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

// smallPrimes are those that rule out most candidates without a costly test.
func smallPrimes() []uint64 {
	const limit = 1 << 14
	var composite [limit]bool
	var primes []uint64
	for n := uint64(3); n < limit; n += 2 {
		if composite[n] {
			continue
		}
		primes = append(primes, n)
		for m := n * n; m < limit; m += 2 * n {
			composite[m] = true
		}
	}
	return primes
}

// prime is the first prime from a number on that has its two highest bits set.
func prime(source io.Reader, bits int, sieve []uint64) (*big.Int, error) {
	buf := make([]byte, bits/8)
	if _, err := io.ReadFull(source, buf); err != nil {
		return nil, err
	}
	buf[0] |= 0xc0
	buf[len(buf)-1] |= 1
	start := new(big.Int).SetBytes(buf)
	remainders := make([]uint64, len(sieve))
	for i, p := range sieve {
		remainders[i] = new(big.Int).Mod(start, new(big.Int).SetUint64(p)).Uint64()
	}
next:
	for delta := uint64(0); ; delta += 2 {
		for i, p := range sieve {
			if (remainders[i]+delta)%p == 0 {
				continue next
			}
		}
		// One round is enough for numbers that nobody chose to fool it.
		if n := new(big.Int).Add(start, new(big.Int).SetUint64(delta)); n.ProbablyPrime(0) {
			return n, nil
		}
	}
}

func ecdsaKey(source io.Reader) (*ecdsa.PrivateKey, error) {
	scalar := make([]byte, 32)
	for {
		if _, err := io.ReadFull(source, scalar); err != nil {
			return nil, err
		}
		// Some numbers of 256 bits are no scalars of the curve.
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar); err == nil {
			return key, nil
		}
	}
}

// The parameters of a DSA domain are public, and one serves all keys.
const (
	dsaP = "bfe572c8989aa4600825cb0401c2bba524e98f61fd71624ab598d6faf0bc70d23e3261d5f27444733c77374bd7cb680481edfa43de4441e7408090f69f5b56aa331a23a447e67d6ca562ee21e66600e4965aecdd181254c332be0109976f59130e5be389326273635841e254cbbde4d88d48a02a3516003752824e2f5d8d635680ba3552907a05fa9d5fff3e61112848737f893fd92430a4746af3bd2d1f6be1e496a10a241bb3ab38226a0a9acd895c7b5265ef950cbb9628a0ba593716be3c17b23769c51d1737471a46b08ef05595a5c3d02a175634e97454cde5f19da82a016144c3b8c4ef060f167e9d2ce6daf4dc1edb98cf1f74c0ec6ccc59c2fcf7f3"
	dsaQ = "c469a5d8393bc6c5ec33da53ff60bc973c553f664dc172badb29fb5939093d09"
	dsaG = "b8e7504838ff048721885fb6791c329a8a6924c5540be99d6d8fcaa6230a9b6776e68bd6cd009d90bc15eb755a94b4595aed6f8756eddfc3c7f74f86ebb87974c779ef692dbcda44bff9b9b56895a3247bf5569805a52a4e88308f36a9abc007408c1901883c1613fc6260caddc55fdf09c83209a4dc78fcfcdee3cb4c7de79e75b168a39ede471cc1e5a533ff6438463055d1c7cf9488c642025bb8b4757830e2894e0c82671bcd038a1db1b257384bdb8ffd963512ad9977a09a9adc113bade409f7104f33a2e79540b88f9db6f911867bb7ee962b6eb9a5c93be325d6edaf68f1343775b46cb4579f6a400eb3eb22a9053d069a5b09fc5d4d228fff86193f"
)

// dsaKey gives a DSA key in the form of OpenSSL.
func dsaKey(source io.Reader) (string, error) {
	number := func(hex string) *big.Int { n, _ := new(big.Int).SetString(hex, 16); return n }
	p, q, g := number(dsaP), number(dsaQ), number(dsaG)
	buf := make([]byte, 40) // 8 bytes more than q has leave no bias
	if _, err := io.ReadFull(source, buf); err != nil {
		return "", err
	}
	x := new(big.Int).Mod(new(big.Int).SetBytes(buf), new(big.Int).Sub(q, big.NewInt(1)))
	x.Add(x, big.NewInt(1))
	der, err := asn1.Marshal(struct {
		Version       int
		P, Q, G, Y, X *big.Int
	}{0, p, q, g, new(big.Int).Exp(g, x, p), x})
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "DSA PRIVATE KEY", Bytes: der})), nil
}

// encodeKey gives a key in the PEM form that sprig chooses for its kind.
func encodeKey(key crypto.Signer) (string, error) {
	block := &pem.Block{}
	var err error
	switch key := key.(type) {
	case *rsa.PrivateKey:
		block.Type, block.Bytes = "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)
	case *ecdsa.PrivateKey:
		block.Type = "EC PRIVATE KEY"
		block.Bytes, err = x509.MarshalECPrivateKey(key)
	default:
		block.Type = "PRIVATE KEY"
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(key)
	}
	if err != nil {
		return "", fmt.Errorf("encoding a private key: %w", err)
	}
	return string(pem.EncodeToMemory(block)), nil
}

func parseKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM data in the private key")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a PEM block of type %s is no private key that signs certificates", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("parsing the private key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a private key of type %T does not sign certificates", key)
	}
	return signer, nil
}
