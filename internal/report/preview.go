package report

import (
	"cmp"
	"slices"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// Preview is what a change does to the judgement itself, where it edits the
// rules, the waivers or the configuration: what the objects of head are judged to
// be by what stands at base, against what comes into force once the change is
// merged. It decides nothing. Rules that look at what a change does, or at all
// environments together, are not part of it.
type Preview struct {
	// RulesAdded and RulesRemoved are IDs, sorted.
	RulesAdded   []string `json:"rulesAdded,omitempty"`
	RulesRemoved []string `json:"rulesRemoved,omitempty"`
	// EnvironmentsAdded and EnvironmentsRemoved are names, sorted.
	EnvironmentsAdded   []string `json:"environmentsAdded,omitempty"`
	EnvironmentsRemoved []string `json:"environmentsRemoved,omitempty"`
	// Added are findings on objects of head that come with the merge, and Removed
	// those that go with it. One that takes another level, or is waived on one side
	// only, is in both.
	Added   []verdict.Finding `json:"added"`
	Removed []verdict.Finding `json:"removed"`
}

// PreviewLine is the findings of one rule and level that come, or that go.
type PreviewLine struct {
	Comes, Waived bool
	Level         verdict.Level
	Rule          string
	// Findings has one at least, in the order of the report.
	Findings []verdict.Finding
	// Environments are those of the findings, each once.
	Environments []string
}

// Lines folds a preview: what comes before what goes, the worst first.
func (p *Preview) Lines() []PreviewLine {
	var out []PreviewLine
	for i, list := range [][]verdict.Finding{p.Added, p.Removed} {
		for _, f := range list {
			n := slices.IndexFunc(out, func(l PreviewLine) bool {
				return l.Comes == (i == 0) && l.Waived == (f.Waiver != nil) && l.Level == f.Level && l.Rule == f.Rule
			})
			if n < 0 {
				n = len(out)
				out = append(out, PreviewLine{Comes: i == 0, Waived: f.Waiver != nil, Level: f.Level, Rule: f.Rule})
			}
			out[n].Findings = append(out[n].Findings, f)
			if !slices.Contains(out[n].Environments, f.Environment) {
				out[n].Environments = append(out[n].Environments, f.Environment)
			}
		}
	}
	levels := []verdict.Level{verdict.Error, verdict.Warning, verdict.Note}
	rank := func(l PreviewLine) int {
		n := slices.Index(levels, l.Level)
		if l.Waived {
			n += len(levels)
		}
		if !l.Comes {
			n += 2 * len(levels)
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b PreviewLine) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(a.Rule, b.Rule)) })
	return out
}
