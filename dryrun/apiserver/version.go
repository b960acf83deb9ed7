package apiserver

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

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

// Supported are the Kubernetes minor versions that the server can answer as,
// oldest first. A server emulates the three minor versions before its own
// (KEP-4330) and panics at start when asked for another.
func Supported() []string { return []string{"1.33", "1.34", "1.35", "1.36"} }

// VersionError says that the server cannot answer as a Kubernetes version.
type VersionError struct {
	Wanted string
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("the embedded API server cannot answer as Kubernetes %s", e.Wanted)
}

// UserHint says what to do.
func (e *VersionError) UserHint() string {
	known := Supported()
	return fmt.Sprintf("it answers as %s to %s: give one of these as kubernetesVersion, or ask a cluster with --dry-run=cluster", known[0], known[len(known)-1])
}

// Resolve returns the minor version for what a user wrote: "", "1.35", "v1.35"
// or "1.35.2", whose patch level does not change what is answered.
func Resolve(wanted string) (string, error) {
	known := Supported()
	if wanted == "" {
		return known[len(known)-1], nil
	}
	major, rest, _ := strings.Cut(strings.TrimPrefix(wanted, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	if v := major + "." + minor; slices.Contains(known, v) {
		return v, nil
	}
	return "", &VersionError{Wanted: wanted}
}
