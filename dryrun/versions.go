package dryrun

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
)

// Assets are kube-apiserver binaries for versions beside those of the embedded
// server. They are executed: the directory comes from the operator, never from
// the repository that is checked.
type Assets struct {
	// Dir is a directory as apiserver.FindBinaries reads it; empty for none.
	Dir string
	// Preferred says that a version which the directory has is answered by it
	// also where the embedded server can answer as it.
	Preferred bool
	// Untrusted are directories whose files are not executed, such as the
	// repository under check.
	Untrusted []string
}

// shelf finds servers for versions. It is safe for concurrent use.
type shelf struct {
	assets Assets

	mu sync.Mutex // guards what follows
	// looked says that the directory was looked into, and found and err are what
	// came of it.
	looked bool
	found  []apiserver.Binary
	err    error
}

// choose says which server answers as a version that an environment names. One
// that none can answer as is an *apiserver.VersionError.
func (s *shelf) choose(ctx context.Context, wanted string) (apiserver.Options, error) {
	minor, err := apiserver.Resolve(wanted)
	if s.assets.Dir == "" || err == nil && !s.assets.Preferred {
		return apiserver.Options{KubernetesVersion: minor}, err
	}
	found, unusable := s.look(ctx)
	if ctx.Err() != nil {
		return apiserver.Options{}, ctx.Err()
	}
	for _, b := range slices.Backward(found) { // the newest patch level is last
		if apiserver.SameMinor(b.Version, wanted) || wanted == "" && b.Minor() == minor {
			return apiserver.Options{Binary: &b}, nil
		}
	}
	switch {
	case err == nil && unusable != nil:
		// One of these may have been meant.
		return apiserver.Options{}, fmt.Errorf("looking for a server of Kubernetes %s: %w", minor, unusable)
	case err == nil:
		return apiserver.Options{KubernetesVersion: minor}, nil
	}
	return apiserver.Options{}, apiserver.NotAmong(wanted, s.assets.Dir, found, unusable)
}

// look asks the binaries for their versions, once.
func (s *shelf) look(ctx context.Context) ([]apiserver.Binary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.looked {
		s.found, s.err = apiserver.FindBinaries(ctx, s.assets.Dir, s.assets.Untrusted...)
		s.looked = ctx.Err() == nil
	}
	return s.found, s.err
}

// Answers says who answers as a Kubernetes version in mode Embedded, such as
// "embedded 1.36"; nothing is started. A version that nobody answers as is an
// error with a hint.
func Answers(ctx context.Context, assets Assets, version string) (string, error) {
	s := &shelf{assets: assets}
	options, err := s.choose(ctx, version)
	if err != nil {
		return "", err
	}
	return options.Name(), nil
}
