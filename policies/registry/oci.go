package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path"
	"slices"

	"github.com/opencontainers/image-spec/specs-go"
	spec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// The media types: OPA looks for a layer of the first, conftest takes the others
// as single files.
const (
	layerBundle = spec.MediaTypeImageLayerGzip
	layerRego   = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego"
	layerData   = "application/vnd.cncf.openpolicyagent.data.layer.v1+json"
	configType  = "application/vnd.cncf.openpolicyagent.config.v1+json"
)

// maxManifest is what registries allow, and more than manifests have.
const maxManifest = 4 << 20

// OCI fetches the bundle of a repository by the digest of its manifest.
func (f *Fetcher) OCI(ctx context.Context, repository, digest string) ([]byte, error) {
	repo, err := f.repository(repository)
	if err != nil {
		return nil, err
	}
	if repo.Reference.Reference != "" {
		return nil, &Error{Name: repository, Msg: "it names a tag or a digest as well", Hint: "name the repository alone; digest says which bundle"}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	text, err := f.cached(digest, repository, func() ([]byte, error) {
		desc, err := repo.Manifests().Resolve(ctx, digest)
		if err != nil {
			return nil, f.refused(repository, err)
		}
		return f.fetch(ctx, repo.Manifests(), repository, desc, maxManifest)
	})
	if err != nil {
		return nil, err
	}
	layer, err := bundleLayer(text)
	if err != nil {
		return nil, &Error{Name: repository + "@" + digest, Msg: err.Error(), Hint: "push it with penstock policy push"}
	}
	return f.cached(layer.Digest.String(), repository, func() ([]byte, error) {
		return f.fetch(ctx, repo.Blobs(), repository, layer, f.MaxSize)
	})
}

// Resolve is the repository of a reference, and the digest of the manifest that
// its tag has now; without a tag it is latest.
func (f *Fetcher) Resolve(ctx context.Context, reference string) (repository, digest string, err error) {
	repo, err := f.repository(reference)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	desc, err := repo.Manifests().Resolve(ctx, repo.Reference.ReferenceOrDefault())
	if err != nil {
		return "", "", f.refused(reference, err)
	}
	return repo.Reference.Registry + "/" + repo.Reference.Repository, desc.Digest.String(), nil
}

// bundleLayer is the only layer of a manifest that is a bundle.
func bundleLayer(text []byte) (spec.Descriptor, error) {
	var m spec.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return spec.Descriptor{}, fmt.Errorf("its manifest is not JSON: %w", err)
	}
	var found []spec.Descriptor
	for _, l := range m.Layers {
		if l.MediaType == layerBundle {
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		return spec.Descriptor{}, fmt.Errorf("it has %d layers that are bundles (%s), and not one", len(found), layerBundle)
	}
	return found[0], nil
}

func (f *Fetcher) fetch(ctx context.Context, from content.Fetcher, name string, desc spec.Descriptor, limit int64) (data []byte, err error) {
	if desc.Size > limit {
		return nil, &Error{Name: name, Msg: fmt.Sprintf("%s has %d bytes; at most %d are read", desc.Digest, desc.Size, limit), Hint: "split it"}
	}
	r, err := from.Fetch(ctx, desc)
	if err != nil {
		return nil, f.refused(name, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	data, err = io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, f.refused(name, err)
	}
	if int64(len(data)) > limit {
		return nil, &Error{Name: name, Msg: fmt.Sprintf("%s has more than %d bytes", desc.Digest, limit), Hint: "split it"}
	}
	return data, nil
}

// refused is what a registry says, with what to do.
func (f *Fetcher) refused(name string, err error) error {
	out := &Error{Name: name, Msg: "it cannot be had from its registry", Hint: offlineHint, Err: cause(err)}
	var answer *errcode.ErrorResponse
	status := 0
	if errors.As(err, &answer) {
		status = answer.StatusCode
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden || errors.Is(err, auth.ErrBasicCredentialNotFound):
		out.Hint = "log in to the registry: docker login, or a config.json below DOCKER_CONFIG"
		if !f.Credentials {
			out.Hint = "it was asked without credentials, as always for pull requests from forks: let anybody read it, or keep the bundle in the repository (file)"
		}
	case status == http.StatusNotFound || errors.Is(err, errdef.ErrNotFound):
		out.Hint = "see whether the repository and the digest are right"
	}
	return out
}

// repository connects to nothing yet. Registries on this machine are spoken to
// without TLS, as docker does.
func (f *Fetcher) repository(reference string) (*remote.Repository, error) {
	ref, err := registry.ParseReference(reference)
	if err != nil {
		return nil, &Error{Name: reference, Msg: "it is not the repository of a registry", Hint: "write it like ghcr.io/organisation/policies"}
	}
	client := &auth.Client{Client: f.client(), Cache: auth.NewCache()}
	client.Header = http.Header{"User-Agent": {"penstock"}}
	if f.Credentials {
		store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
		if err != nil {
			return nil, fmt.Errorf("reading the credentials of registries: %w", err)
		}
		client.Credential = credentials.Credential(store)
	}
	return &remote.Repository{Reference: ref, Client: client, PlainHTTP: local(ref.Host()), MaxMetadataBytes: maxManifest}, nil
}

func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// Push puts a bundle into a repository, and gives the manifest a tag if the
// reference names one. Beside the bundle lie its files, by name, for conftest.
// It returns the digest of the manifest, which is the same for the same bundle.
func (f *Fetcher) Push(ctx context.Context, reference string, bundle []byte, files map[string][]byte) (string, error) {
	repo, err := f.repository(reference)
	if err != nil {
		return "", err
	}
	if repo.Reference.Reference != "" && repo.Reference.ValidateReferenceAsTag() != nil {
		return "", &Error{Name: reference, Msg: "it names a digest, which only the bundle can have", Hint: "name a tag, or the repository alone"}
	}
	push := func(mediaType string, data []byte) (spec.Descriptor, error) {
		desc := content.NewDescriptorFromBytes(mediaType, data)
		there, err := repo.Blobs().Exists(ctx, desc)
		if err == nil && !there {
			err = repo.Blobs().Push(ctx, desc, bytes.NewReader(data))
		}
		if err != nil {
			return desc, f.refused(reference, err)
		}
		return desc, nil
	}
	m := spec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: spec.MediaTypeImageManifest}
	if m.Config, err = push(configType, []byte("{}")); err != nil {
		return "", err
	}
	layer, err := push(layerBundle, bundle)
	if err != nil {
		return "", err
	}
	m.Layers = append(m.Layers, layer)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		mediaType := layerRego
		if path.Ext(name) != ".rego" {
			mediaType = layerData
		}
		if layer, err = push(mediaType, files[name]); err != nil {
			return "", err
		}
		layer.Annotations = map[string]string{spec.AnnotationTitle: name}
		m.Layers = append(m.Layers, layer)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	desc := content.NewDescriptorFromBytes(m.MediaType, text)
	to := repo.Reference.Reference
	if to == "" {
		to = desc.Digest.String()
	}
	if err := repo.Manifests().PushReference(ctx, desc, bytes.NewReader(text), to); err != nil {
		return "", f.refused(reference, err)
	}
	return desc.Digest.String(), nil
}
