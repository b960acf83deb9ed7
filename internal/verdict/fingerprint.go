package verdict

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
)

// Fingerprint identifies a finding across runs: it is the same as long as rule,
// environment, object, place in the object and message are, whatever the lines
// and the API version. It has the form of 32 hexadecimal digits.
func Fingerprint(f Finding) string {
	group, _, found := strings.Cut(f.Object.APIVersion, "/")
	if !found {
		group = ""
	}
	h := sha256.New()
	for _, part := range []string{
		f.Rule, f.Environment, group, f.Object.Kind, f.Object.Namespace, f.Object.Name,
		cmp.Or(f.Container, f.Path), Normalise(f.Message),
	} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Normalise makes messages comparable between base and head: runs of digits
// (positions, counts, hashes of generated names) and of white space do not count.
func Normalise(message string) string {
	var b strings.Builder
	b.Grow(len(message))
	last := rune(0)
	for _, r := range message {
		switch {
		case unicode.IsDigit(r):
			r = '0'
		case unicode.IsSpace(r):
			r = ' '
		}
		if (r == '0' || r == ' ') && r == last {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return strings.TrimSpace(b.String())
}

// rank orders levels, worst first.
func (l Level) rank() int {
	switch l {
	case Error:
		return 0
	case Warning:
		return 1
	}
	return 2
}

// rank orders findings: what comes with the change first, and what is waived
// after what base has already.
func (f Finding) rank() int {
	switch {
	case f.Baseline == Absent:
		return 3
	case f.Waiver != nil:
		return 2
	case f.Baseline == Unchanged:
		return 1
	}
	return 0
}

// SortFindings orders findings for a reader: by environment, new ones before
// existing and waived ones, worst first, then by place, object, rule and message.
func SortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Environment, b.Environment),
			cmp.Compare(a.rank(), b.rank()),
			cmp.Compare(a.Level.rank(), b.Level.rank()),
			a.Location.compare(b.Location),
			a.Object.compare(b.Object),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

// SortLedger orders entries by environment, stage, object and reason.
func SortLedger(entries []Entry) {
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Or(
			cmp.Compare(a.Environment, b.Environment),
			cmp.Compare(a.Stage.rank(), b.Stage.rank()),
			a.Object.compare(b.Object),
			cmp.Compare(a.Reason, b.Reason),
			cmp.Compare(a.Detail, b.Detail),
		)
	})
}

func (s Stage) rank() int {
	return slices.Index([]Stage{StageDiscover, StageRender, StagePolicy, StageDryRun}, s)
}

func (o Object) compare(other Object) int {
	return cmp.Or(
		cmp.Compare(o.Namespace, other.Namespace),
		cmp.Compare(o.Kind, other.Kind),
		cmp.Compare(o.Name, other.Name),
		cmp.Compare(o.APIVersion, other.APIVersion),
	)
}

func (l *Location) compare(other *Location) int {
	switch {
	case l == nil && other == nil:
		return 0
	case l == nil:
		return 1
	case other == nil:
		return -1
	}
	return cmp.Or(cmp.Compare(l.File, other.File), cmp.Compare(l.Line, other.Line))
}
