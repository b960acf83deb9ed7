package apiserver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/version"
)

// Binary is a kube-apiserver that can take the place of the one in this binary.
// Whoever names it has it executed: its path must come from the operator, never
// from a repository.
type Binary struct {
	// Path is absolute.
	Path string
	// Version is what it says of itself, such as "1.31.4".
	Version string
}

// Minor is the minor version, such as "1.31".
func (b Binary) Minor() string {
	minor, _ := minorOf(b.Version)
	return minor
}

const (
	binaryName = "kube-apiserver"
	// oldest is the first version with admission policies in v1, by which
	// it is told when what is stored is in force.
	oldest = "1.30.0"
	// askPatience bounds how long a binary may take to say its version: some 100 ms
	// are usual.
	askPatience = 30 * time.Second
	// maxBinaries bounds how many binaries are asked for their version.
	maxBinaries = 50
)

// FindBinaries returns the binaries in a directory, oldest first: that of the
// directory itself, which is how KUBEBUILDER_ASSETS names one version, or those
// of the directories in it or in its directory k8s, which is how setup-envtest
// keeps several (https://book.kubebuilder.io/reference/envtest). Each is asked
// for its version; the names of directories are not believed. The etcd beside it
// is not looked at, since this binary has its own. Those that cannot be used are
// an error, beside the others; a directory without any is one as well. What lies
// in an untrusted directory, or a link that leads there, is not executed.
func FindBinaries(ctx context.Context, dir string, untrusted ...string) ([]Binary, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for kube-apiserver: %w", err)
	}
	paths, err := binaryPaths(dir)
	if err != nil {
		return nil, err
	}
	var found []Binary
	var errs []error
	for _, path := range paths {
		var b Binary
		err := trust(path, untrusted)
		if err == nil {
			b, err = identify(ctx, path)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		found = append(found, b)
	}
	slices.SortFunc(found, Binary.compare)
	return found, errors.Join(errs...)
}

func binaryPaths(dir string) ([]string, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("looking for kube-apiserver: %w", err)
	}
	// Not by globs: the path may have their characters.
	if isFile(filepath.Join(dir, binaryName)) {
		return []string{filepath.Join(dir, binaryName)}, nil
	}
	var paths []string
	for _, parent := range []string{dir, filepath.Join(dir, "k8s")} {
		entries, err := os.ReadDir(parent)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("looking for kube-apiserver: %w", err)
		}
		for _, e := range entries {
			if path := filepath.Join(parent, e.Name(), binaryName); isFile(path) {
				paths = append(paths, path)
			}
		}
	}
	switch {
	case len(paths) == 0:
		return nil, fmt.Errorf("there is no kube-apiserver in %s, nor in a directory in it", dir)
	case len(paths) > maxBinaries:
		return nil, fmt.Errorf("there are %d kube-apiservers in %s; at most %d are asked for their version", len(paths), dir, maxBinaries)
	}
	return paths, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// trust refuses a file in one of the directories.
func trust(path string, untrusted []string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("looking for kube-apiserver: %w", err)
	}
	for _, dir := range untrusted {
		whole, err := filepath.Abs(dir)
		if err == nil {
			whole, err = filepath.EvalSymlinks(whole)
		}
		if err != nil {
			return fmt.Errorf("looking for kube-apiserver: %w", err)
		}
		for _, p := range []string{path, real} {
			if rel, err := filepath.Rel(whole, p); err == nil && filepath.IsLocal(rel) {
				return fmt.Errorf("%s is in %s, which is under check: a change could bring a program of its own, so that it is not run; keep it elsewhere", path, dir)
			}
		}
	}
	return nil
}

// identify has a binary say its version.
func identify(ctx context.Context, path string) (Binary, error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	var out bounded
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Env = binaryEnvironment()
	cmd.Dir = filepath.Dir(path)
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return Binary{}, fmt.Errorf("asking %s for its version: %w", path, cmp.Or(ctx.Err(), err))
	}
	// https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
	said := strings.TrimSpace(out.String())
	number, _ := strings.CutPrefix(said, "Kubernetes v")
	v, err := version.ParseSemantic(number)
	_, known := minorOf(number)
	switch {
	case err != nil || !known || v.Major() == 0: // 0.0.0 is a build that was not told
		return Binary{}, fmt.Errorf("%s does not say which version of Kubernetes it is: %q", path, said)
	case v.LessThan(version.MustParseSemantic(oldest)):
		return Binary{}, fmt.Errorf("%s is Kubernetes %s: binaries are run from %s on, and older versions can be asked as a cluster", path, number, strings.TrimSuffix(oldest, ".0"))
	}
	return Binary{path, number}, nil
}

// compare orders by version, and those of one version by path.
func (b Binary) compare(other Binary) int {
	left, err := version.ParseSemantic(b.Version)
	right, otherErr := version.ParseSemantic(other.Version)
	switch {
	case err != nil || otherErr != nil: // not one that identify returns
	case left.LessThan(right):
		return -1
	case right.LessThan(left):
		return 1
	}
	return strings.Compare(b.Path, other.Path)
}

// binaryEnvironment is what a binary gets to see: no credentials of this process.
func binaryEnvironment() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// bounded keeps the start of what is written to it.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), max(0, 1024-b.Len()))])
	return len(p), nil
}
