package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/policies/bundle"
	"github.com/penstock-dev/penstock/policies/registry"
)

// bundles are the bundles of a configuration as sources. One that cannot be had,
// or is not what the configuration says, is an error: without it something else
// would be checked. Files and keys are those of the tree.
func bundles(ctx context.Context, tree fs.FS, cfg *config.Config, credentials bool) ([]policies.Source, error) {
	var sources []policies.Source
	f := fetcher(credentials)
	for _, spec := range cfg.Policies.Bundles {
		b, err := openBundle(ctx, f, tree, spec)
		if err != nil {
			return nil, fmt.Errorf("reading the bundles of %s: %w", cfg.File, err)
		}
		sources = append(sources, repositorySource(b.FS(), cfg, bundleDir(spec)))
	}
	return sources, nil
}

// fetcher keeps bundles below the user's directory of caches, if there is one.
func fetcher(credentials bool) *registry.Fetcher {
	f := &registry.Fetcher{Credentials: credentials, MaxSize: bundle.MaxSize}
	if dir, err := os.UserCacheDir(); err == nil {
		f.Cache = filepath.Join(dir, "penstock", "bundles")
	}
	return f
}

// bundleDir stands for a bundle in the names of its files.
func bundleDir(spec config.BundleSpec) string {
	if spec.File != "" {
		return spec.File
	}
	name := path.Base(spec.URL + spec.OCI)
	if !fs.ValidPath(name) || name == "." {
		name = "bundle"
	}
	return name + "@" + strings.TrimPrefix(spec.Digest, "sha256:")[:12]
}

// openBundle fetches a bundle, and verifies it.
func openBundle(ctx context.Context, f *registry.Fetcher, tree fs.FS, spec config.BundleSpec) (*bundle.Bundle, error) {
	data, err := bundleBytes(ctx, f, tree, spec)
	if err != nil {
		return nil, err
	}
	var key *bundle.Key
	if spec.Key != "" {
		if key, err = bundleKey(tree, spec); err != nil {
			return nil, err
		}
	}
	return bundle.Open(bundleDir(spec), data, key)
}

func bundleBytes(ctx context.Context, f *registry.Fetcher, tree fs.FS, spec config.BundleSpec) ([]byte, error) {
	switch {
	case spec.URL != "":
		return f.HTTPS(ctx, spec.URL, spec.Digest)
	case spec.OCI != "":
		return f.OCI(ctx, spec.OCI, spec.Digest)
	}
	info, err := fs.Stat(tree, spec.File)
	if err != nil {
		return nil, &bundle.Error{Name: spec.File, Msg: "the bundle is not there", Hint: "correct policies.bundles, or commit the file; a check reads it from base"}
	}
	if info.Size() > bundle.MaxSize {
		return nil, &bundle.Error{Name: spec.File, Msg: fmt.Sprintf("it has %d bytes; at most %d are read", info.Size(), bundle.MaxSize), Hint: "split it"}
	}
	data, err := fs.ReadFile(tree, spec.File)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", spec.File, err)
	}
	if got := bundle.Digest(data); spec.Digest != "" && got != spec.Digest {
		return nil, &bundle.Error{Name: spec.File, Msg: fmt.Sprintf("it is %s, and %s is configured", got, spec.Digest), Hint: "somebody changed it; look at it, and then correct the digest"}
	}
	return data, nil
}

func bundleKey(tree fs.FS, spec config.BundleSpec) (*bundle.Key, error) {
	text, name := spec.Key, "policies.bundles[].key"
	if !spec.InlineKey() {
		data, err := fs.ReadFile(tree, spec.Key)
		if err != nil {
			return nil, &bundle.Error{Name: spec.Key, Msg: "the key is not there", Hint: "commit the public key; a check reads it from base"}
		}
		text, name = string(data), spec.Key
	}
	key, err := bundle.NewKey(text, spec.KeyID, spec.Scope)
	if err != nil {
		return nil, &bundle.Error{Name: name, Msg: err.Error(), Hint: "give a public key in PEM, RSA or ECDSA: openssl pkey -in private.pem -pubout"}
	}
	return key, nil
}
