package registry_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	images "github.com/google/go-containerregistry/pkg/registry"
	"github.com/penstock-dev/penstock/policies/registry"
)

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// fails checks that an error says something, and its hint something else.
func fails(t *testing.T, name string, err error, want, hint string) {
	t.Helper()
	var fault *registry.Error
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), want) || !strings.Contains(fault.UserHint(), hint) {
		t.Errorf("%s: %v, want %q and the hint %q", name, err, want, hint)
	}
}

// TestHTTPS fetches from a real server with TLS.
func TestHTTPS(t *testing.T) {
	right := []byte("the bundle")
	mux := http.NewServeMux()
	mux.HandleFunc("/bundle", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("credentials were sent")
		}
		_, _ = w.Write(right)
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2000)) })
	mux.HandleFunc("/private", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/half", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("half"))
	})
	plain := httptest.NewServer(mux)
	defer plain.Close()
	mux.HandleFunc("/plain", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+"/bundle", http.StatusFound)
	})
	server := httptest.NewTLSServer(mux)
	defer server.Close()
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)+"/bundle", http.StatusFound)
	})
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.ServerName = "example.com"
	f := &registry.Fetcher{Cache: filepath.Join(t.TempDir(), "cache"), MaxSize: 1000, Transport: transport}

	for _, path := range []string{"/bundle", "/elsewhere"} {
		if data, err := (&registry.Fetcher{MaxSize: 1000, Transport: transport}).HTTPS(t.Context(), server.URL+path, digest(right)); err != nil || !bytes.Equal(data, right) {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
	for path, want := range map[string][2]string{
		"/large":   {"more than 1000 bytes", "split"},
		"/private": {"401", "without credentials"},
		"/none":    {"404", "correct the address"},
		"/loop":    {"redirects too often", ""},
		"/plain":   {"is not HTTPS", ""},
		"/half":    {"unexpected EOF", "file"},
	} {
		_, err := f.HTTPS(t.Context(), server.URL+path, digest(right))
		fails(t, path, err, want[0], want[1])
	}
	_, err := f.HTTPS(t.Context(), server.URL+"/bundle", digest([]byte("another")))
	fails(t, "another digest", err, "is configured", "look at it")
	_, err = f.HTTPS(t.Context(), server.URL+"/bundle", "latest")
	fails(t, "no digest", err, "is not a digest", "sha256:")
	_, err = f.HTTPS(t.Context(), plain.URL+"/bundle", digest(right))
	fails(t, "no TLS", err, "not an https:// address", "")
	_, err = f.HTTPS(t.Context(), strings.Replace(server.URL, "://", "://me:secret@", 1), digest(right))
	fails(t, "a user", err, "not an https:// address", "")
	if _, err := (&registry.Fetcher{MaxSize: 1000}).HTTPS(t.Context(), server.URL+"/bundle", digest(right)); err == nil {
		t.Error("an unknown certificate was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.HTTPS(ctx, server.URL+"/bundle", digest(right)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestCache: what is there is not fetched again, and not believed either.
func TestCache(t *testing.T) {
	right, requests := []byte("the bundle"), 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		_, _ = w.Write(right)
	}))
	defer server.Close()
	f := &registry.Fetcher{Cache: filepath.Join(t.TempDir(), "a", "cache"), MaxSize: 1000, Transport: server.Client().Transport}
	get := func(want int) {
		t.Helper()
		data, err := f.HTTPS(t.Context(), server.URL, digest(right))
		if err != nil || !bytes.Equal(data, right) || requests != want {
			t.Errorf("%q, %v, %d requests", data, err, requests)
		}
	}
	get(1)
	get(1)
	info, err := os.Stat(f.Cache)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	file := filepath.Join(f.Cache, strings.Replace(digest(right), ":", "-", 1))
	if err := os.WriteFile(file, []byte("tampered"), 0o600); err != nil {
		t.Fatal(err)
	}
	get(2)
	get(2)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(os.WriteFile(outside, right, 0o600), os.Symlink(outside, file)); err != nil {
		t.Fatal(err)
	}
	get(3)
}

// TestRegistry pushes to a registry, and fetches from it by digest.
func TestRegistry(t *testing.T) {
	server := httptest.NewServer(images.New(images.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	f := &registry.Fetcher{MaxSize: 1000}
	bundle, files := []byte("the bundle"), map[string][]byte{"a.rego": []byte("package a"), "data.json": []byte("{}")}
	pushed, err := f.Push(t.Context(), host+"/org/policies:v1", bundle, files)
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.Push(t.Context(), host+"/org/policies", bundle, files)
	if err != nil || again != pushed {
		t.Errorf("%s, %v; the first time %s", again, err, pushed)
	}
	repository, resolved, err := f.Resolve(t.Context(), host+"/org/policies:v1")
	if err != nil || resolved != pushed || repository != host+"/org/policies" {
		t.Errorf("%s@%s, %v", repository, resolved, err)
	}
	data, err := f.OCI(t.Context(), repository, pushed)
	if err != nil || !bytes.Equal(data, bundle) {
		t.Errorf("%q, %v", data, err)
	}
	_, err = f.OCI(t.Context(), repository, digest([]byte("another")))
	fails(t, "another digest", err, "not found", "the digest")
	_, err = f.OCI(t.Context(), repository+":v1", pushed)
	fails(t, "a tag", err, "names a tag", "repository alone")
	_, err = (&registry.Fetcher{MaxSize: 5}).OCI(t.Context(), repository, pushed)
	fails(t, "too large", err, "at most 5", "split")
	_, err = f.OCI(t.Context(), "policies", pushed)
	fails(t, "no registry", err, "not the repository", "ghcr.io")
	if _, err = f.Push(t.Context(), host+"/org/policies@"+pushed, bundle, nil); err == nil {
		t.Error("pushed to a digest")
	}
}

// TestHostileRegistry: a registry that answers with other bytes than those asked
// for is not believed, and one that asks for a password is not given any for forks.
func TestHostileRegistry(t *testing.T) {
	registered := images.New(images.Logger(log.New(io.Discard, "", 0)))
	mode := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case mode == "login":
			if r.Header.Get("Authorization") == "" {
				w.Header().Set("WWW-Authenticate", `Basic realm="it"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		case mode == "blob" && strings.Contains(r.URL.Path, "/blobs/"):
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("THE BUNDLE"))
			return
		}
		registered.ServeHTTP(w, r)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	f := &registry.Fetcher{MaxSize: 1000}
	pushed, err := f.Push(t.Context(), host+"/p", []byte("the bundle"), nil)
	if err != nil {
		t.Fatal(err)
	}
	mode = "blob"
	_, err = f.OCI(t.Context(), host+"/p", pushed)
	fails(t, "other bytes", err, "is configured", "changed")

	mode = "login"
	config := t.TempDir()
	t.Setenv("DOCKER_CONFIG", config)
	_, err = f.OCI(t.Context(), host+"/p", pushed)
	fails(t, "a fork", err, "registry", "from forks")
	known := &registry.Fetcher{MaxSize: 1000, Credentials: true}
	_, err = known.OCI(t.Context(), host+"/p", pushed)
	fails(t, "not logged in", err, "registry", "docker login")
	text := `{"auths": {"` + host + `": {"auth": "bWU6c2VjcmV0"}}}`
	if err := os.WriteFile(filepath.Join(config, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = known.OCI(t.Context(), host+"/p", pushed); err != nil {
		t.Error(err)
	}
	_, err = f.OCI(t.Context(), host+"/p", pushed)
	fails(t, "a fork with credentials about", err, "registry", "from forks")
}
