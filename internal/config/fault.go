package config

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is one mistake in a configuration file.
type Fault struct {
	File string
	// Line is 0 if the fault is that of the file as a whole.
	Line int
	Msg  string
	// Hint says what to type; it may be empty.
	Hint string
}

// String returns "file:line: message".
func (f Fault) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Msg
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Msg)
}

// Error holds every mistake that was found in a configuration, by line.
type Error struct {
	Faults []Fault
}

func newError(faults []Fault) *Error {
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.Line - b.Line })
	return &Error{faults}
}

// Error returns one line for each fault.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// UserHint says what to do. With several faults, each hint names its line.
func (e *Error) UserHint() string {
	var hints []string
	for _, f := range e.Faults {
		switch {
		case f.Hint == "":
		case len(e.Faults) > 1 && f.Line > 0:
			hints = append(hints, fmt.Sprintf("line %d: %s", f.Line, f.Hint))
		default:
			hints = append(hints, f.Hint)
		}
	}
	return strings.Join(hints, "\n")
}

// nearest returns the candidate that a misspelt or shortened word most likely
// stands for, or nothing if all are too far away.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", max(2, min(len(word)/3, 3)+1)
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	for _, c := range candidates {
		if strings.HasPrefix(strings.ToLower(c), strings.ToLower(word)) {
			return c
		}
	}
	return ""
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	if len(a) > 100 || len(b) > 100 {
		return 100 // a key of this length is no misspelling
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
