package apiserver

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
	baseversion "k8s.io/component-base/version"
)

// Version is the Kubernetes version that this binary carries, such as "1.36.3",
// by its own build information; without that, the minor version alone.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path != "k8s.io/kubernetes" {
				continue
			}
			if m.Replace != nil {
				m = m.Replace
			}
			if v, ok := strings.CutPrefix(m.Version, "v"); ok {
				return v
			}
		}
	}
	return baseversion.DefaultKubeBinaryVersion
}

// Supported are the Kubernetes minor versions that the embedded server can
// answer as, oldest first. A server emulates the three minor versions before its
// own (KEP-4330) and panics at start when asked for another.
func Supported() []string { return []string{"1.33", "1.34", "1.35", "1.36"} }

// VersionError says that no server can answer as a Kubernetes version.
type VersionError struct {
	Wanted string
	// Dir is the directory of binaries that was looked into, if there is one, and
	// Found are the versions of those that are there.
	Dir   string
	Found []string
	// unusable says what is wrong with others that are there.
	unusable error
}

func (e *VersionError) Error() string {
	if e.Dir == "" {
		return fmt.Sprintf("the embedded API server cannot answer as Kubernetes %s", e.Wanted)
	}
	msg := fmt.Sprintf("neither the embedded API server nor a kube-apiserver in %s answers as Kubernetes %s", e.Dir, e.Wanted)
	if len(e.Found) > 0 {
		msg += "; that directory has " + strings.Join(e.Found, ", ")
	}
	if e.unusable != nil {
		msg += ": " + e.unusable.Error()
	}
	return msg
}

// Unwrap says what is wrong with binaries that are there.
func (e *VersionError) Unwrap() error { return e.unusable }

// NotAmong is the error for a version that neither the embedded server nor one of
// the binaries of a directory answers as; unusable says what is wrong with others
// that are there.
func NotAmong(wanted, dir string, found []Binary, unusable error) *VersionError {
	e := &VersionError{Wanted: wanted, Dir: dir, unusable: unusable}
	for _, b := range found {
		e.Found = append(e.Found, b.Version)
	}
	return e
}

// UserHint says what to do.
func (e *VersionError) UserHint() string {
	known := Supported()
	return fmt.Sprintf("it answers as %s to %s: give one of these as kubernetesVersion, give a directory with a kube-apiserver of that version (--kube-assets DIR, or KUBEBUILDER_ASSETS; setup-envtest fetches them), or ask a cluster with --dry-run=cluster",
		known[0], known[len(known)-1])
}

// release is a version as Kubernetes and those who build it write it: with or
// without v, patch, pre-release and build.
var release = regexp.MustCompile(`^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)([-+][0-9A-Za-z.+-]+)?)?$`)

// minorOf is the minor version of a version, such as "1.31" of "v1.31.4-gke.100";
// false if it is none.
func minorOf(text string) (string, bool) {
	parts := release.FindStringSubmatch(text)
	if parts == nil {
		return "", false
	}
	return parts[1] + "." + parts[2], true
}

// SameMinor reports whether two versions are of the same minor version.
func SameMinor(a, b string) bool {
	left, ok := minorOf(a)
	right, known := minorOf(b)
	return ok && known && left == right
}

// older reports whether a minor version comes before another one.
func older(minor, other string) bool {
	a, err := version.ParseGeneric(minor)
	b, otherErr := version.ParseGeneric(other)
	return err == nil && otherErr == nil && a.LessThan(b)
}

// Resolve returns the minor version that the embedded server answers as for what
// a user wrote: "", "1.35", "v1.35", "1.35.2" or "1.35.2-gke.100", whose patch
// level does not change what is answered. Any other is a *VersionError.
func Resolve(wanted string) (string, error) {
	known := Supported()
	if wanted == "" {
		return known[len(known)-1], nil
	}
	if v, ok := minorOf(wanted); ok && slices.Contains(known, v) {
		return v, nil
	}
	return "", &VersionError{Wanted: wanted}
}
