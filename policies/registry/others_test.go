package registry_test

import (
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	images "github.com/google/go-containerregistry/pkg/registry"
	opa "github.com/open-policy-agent/opa/v1/bundle"
	spec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/penstock-dev/penstock/policies/bundle"
	"github.com/penstock-dev/penstock/policies/registry"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/file"
	"oras.land/oras-go/v2/registry/remote"
)

// pushed is a registry with a bundle in org/policies:v1, and its host.
func pushed(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(images.New(images.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	data, err := bundle.Build(bundle.Contents{Files: map[string][]byte{"a/rule.rego": []byte("package a\n")}, Revision: "v1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open("org", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(server.URL, "http://")
	f := &registry.Fetcher{MaxSize: bundle.MaxSize}
	if _, err := f.Push(t.Context(), host+"/org/policies:v1", data, b.Plain()); err != nil {
		t.Fatal(err)
	}
	return host
}

// TestOPAPulls reads what Push writes as OPA does: the first layer of a gzipped
// archive is the bundle (download.bundleLayer in OPA).
func TestOPAPulls(t *testing.T) {
	repo, err := remote.NewRepository(pushed(t) + "/org/policies")
	if err != nil {
		t.Fatal(err)
	}
	repo.PlainHTTP = true
	_, text, err := oras.FetchBytes(t.Context(), repo, "v1", oras.DefaultFetchBytesOptions)
	if err != nil {
		t.Fatal(err)
	}
	var m spec.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(m.Layers, func(l spec.Descriptor) bool { return l.MediaType == spec.MediaTypeImageLayerGzip })
	if at < 0 {
		t.Fatalf("no layer is a bundle: %s", text)
	}
	r, err := repo.Blobs().Fetch(t.Context(), m.Layers[at])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b, err := opa.NewReader(r).Read()
	if err != nil || b.Manifest.Revision != "v1" || len(b.Modules) != 1 {
		t.Errorf("%v, %+v", err, b)
	}
}

// TestConftestPulls copies into a directory as conftest pull does: files by the
// titles of their layers.
func TestConftestPulls(t *testing.T) {
	repo, err := remote.NewRepository(pushed(t) + "/org/policies:v1")
	if err != nil {
		t.Fatal(err)
	}
	repo.PlainHTTP = true
	dir := t.TempDir()
	store, err := file.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if _, err := oras.Copy(t.Context(), repo, "v1", store, "", oras.DefaultCopyOptions); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "a", "rule.rego")); err != nil || string(text) != "package a\n" {
		t.Errorf("%q, %v", text, err)
	}
}
