// Package registry brings bundles of policies here, and up: over HTTPS and from
// OCI registries, always by digest, with bounds, and through a cache whose files
// are verified at every read. It knows nothing of what is in them.
package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Fetcher fetches bundles. Its zero value has no cache and no credentials.
type Fetcher struct {
	// Cache is a directory that only its user can read; empty means none.
	Cache string
	// Credentials lets registries ask for those that the user has set up for
	// docker. Whoever judges the change of a stranger must not.
	Credentials bool
	// MaxSize bounds a bundle.
	MaxSize int64
	// Transport is http.DefaultTransport unless set.
	Transport http.RoundTripper
}

// timeout bounds one bundle, redirects, tokens and all.
const timeout = 60 * time.Second

// maxRedirects is enough for those who keep their files elsewhere.
const maxRedirects = 5

// Error is a bundle that cannot be had.
type Error struct {
	Name, Msg, Hint string
	Err             error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %s", e.Name, e.Msg, e.Err)
	}
	return e.Name + ": " + e.Msg
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// UserHint says what to do.
func (e *Error) UserHint() string { return e.Hint }

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// IsDigest reports whether a text is a digest as this package knows them.
func IsDigest(text string) bool { return digestPattern.MatchString(text) }

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// HTTPS fetches the file of a URL. It sends no credentials, and follows
// redirects to HTTPS only: the digest says whether it is the right file.
func (f *Fetcher) HTTPS(ctx context.Context, address, digest string) ([]byte, error) {
	return f.cached(digest, address, func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return f.download(ctx, address)
	})
}

// Latest fetches what a URL has now, whatever that is.
func (f *Fetcher) Latest(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return f.download(ctx, address)
}

func (f *Fetcher) download(ctx context.Context, address string) (data []byte, err error) {
	fault := func(hint, format string, args ...any) error {
		return &Error{Name: address, Msg: fmt.Sprintf(format, args...), Hint: hint}
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fault("bundles that need a password belong into an OCI registry", "it is not an https:// address without a user")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := f.client().Do(request)
	if err != nil {
		return nil, &Error{Name: address, Msg: "it cannot be fetched", Hint: offlineHint, Err: cause(err)}
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fault("addresses are fetched without credentials: put the bundle into an OCI registry, or into the repository (file)", "the server refuses with %s", answer.Status)
	default:
		return nil, fault("correct the address in policies.bundles", "the server answers %s", answer.Status)
	}
	data, err = io.ReadAll(io.LimitReader(answer.Body, f.MaxSize+1))
	if err != nil {
		return nil, &Error{Name: address, Msg: "it cannot be fetched", Hint: offlineHint, Err: cause(err)}
	}
	if int64(len(data)) > f.MaxSize {
		return nil, fault("split it", "it has more than %d bytes", f.MaxSize)
	}
	return data, nil
}

const offlineHint = "without a network, keep the bundle in the repository: policies.bundles[].file"

// client follows redirects as long as they stay on HTTPS.
func (f *Fetcher) client() *http.Client {
	transport := f.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("it redirects too often")
		}
		if next.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
			return fmt.Errorf("it redirects to %s, which is not HTTPS", next.URL.Redacted())
		}
		return nil
	}}
}

// cause leaves out the method and the address, which the error names already.
func cause(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// cached is the content of a digest: from the cache if it is there and right,
// else from where get has it. Bytes of another digest are never returned.
func (f *Fetcher) cached(digest, name string, get func() ([]byte, error)) ([]byte, error) {
	if !IsDigest(digest) {
		return nil, &Error{Name: name, Msg: fmt.Sprintf("%q is not a digest", digest), Hint: "write sha256: and 64 digits, as penstock policy build and push print it"}
	}
	file := ""
	if f.Cache != "" {
		file = filepath.Join(f.Cache, strings.ReplaceAll(digest, ":", "-"))
		if data, ok := f.read(file, digest); ok {
			return data, nil
		}
	}
	data, err := get()
	if err != nil {
		return nil, err
	}
	if got := digestOf(data); got != digest {
		return nil, &Error{Name: name, Msg: fmt.Sprintf("it is %s, and %s is configured", got, digest), Hint: "somebody changed it; look at it, and then correct the digest"}
	}
	if file != "" {
		f.keep(file, data)
	}
	return data, nil
}

// read takes a file of the cache. What is not right there is as if it were not.
func (f *Fetcher) read(file, digest string) ([]byte, bool) {
	info, err := os.Lstat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > f.MaxSize {
		return nil, false
	}
	data, err := os.ReadFile(file)
	return data, err == nil && digestOf(data) == digest
}

// keep writes a file of the cache at once, so that no reader sees half of it.
// Without it the bundle is fetched again, so that its failure is none.
func (f *Fetcher) keep(file string, data []byte) {
	if os.MkdirAll(f.Cache, 0o700) != nil {
		return
	}
	temp, err := os.CreateTemp(f.Cache, ".new-")
	if err != nil {
		return
	}
	_, err = temp.Write(data)
	if errors.Join(err, temp.Close()) != nil || os.Rename(temp.Name(), file) != nil {
		_ = os.Remove(temp.Name())
	}
}
