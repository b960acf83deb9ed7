package layout

import (
	"path"
	"strings"
)

func matchesAny(globs []string, p string) bool {
	for _, g := range globs {
		if Match(g, p) {
			return true
		}
	}
	return false
}

// Match reports whether a path or a directory above it matches a glob of
// path.Match segments, where ** stands for any number of directories. A
// malformed segment matches only itself.
func Match(glob, p string) bool {
	g := strings.Split(path.Clean(glob), "/")
	s := strings.Split(p, "/")
	for n := 1; n <= len(s); n++ {
		if matchSegments(g, s[:n]) {
			return true
		}
	}
	return false
}

func matchSegments(glob, segments []string) bool {
	// The last ** and the place in segments that it was tried at: on a
	// mismatch it swallows one more segment, so that the time is bounded by
	// the product of the lengths.
	star, retry := -1, 0
	g, s := 0, 0
	for s < len(segments) {
		switch {
		case g < len(glob) && glob[g] == "**":
			star, retry = g, s
			g++
		case g < len(glob) && matchSegment(glob[g], segments[s]):
			g++
			s++
		case star >= 0:
			retry++
			g, s = star+1, retry
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == "**" {
		g++
	}
	return g == len(glob)
}

func matchSegment(glob, segment string) bool {
	ok, err := path.Match(glob, segment)
	return ok || err != nil && glob == segment
}
