package checks

import (
	"maps"
	"slices"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Contradiction is a report whose verdict does not follow from what it holds.
type Contradiction struct{ what string }

func (e *Contradiction) Error() string { return "the report contradicts itself: " + e.what }

// UserHint says how to get a report that does not.
func (e *Contradiction) UserHint() string {
	return "make the report anew with penstock check, of the same version, and publish it as it is"
}

// rules are the settings that a verdict was made with, which a report does not
// hold.
type rules struct {
	gate              verdict.Gate
	strict, manifests bool
}

// consistent decides anew, and fails if no settings give the verdict of the
// report. It does not tell a forged report from a true one: who can forge the
// findings can forge the verdict.
func consistent(r *report.Report) (rules, error) {
	var names []string
	for _, env := range r.Environments {
		if env.Name == "" || slices.Contains(names, env.Name) {
			return rules{}, &Contradiction{"the name of an environment is empty or there twice"}
		}
		names = append(names, env.Name)
	}
	known := func(env string) bool { return env == "" || slices.Contains(names, env) }
	for _, f := range r.Findings {
		if !known(f.Environment) {
			return rules{}, &Contradiction{"a finding is about an environment that is not there"}
		}
	}
	for _, e := range r.NotEvaluated {
		if !known(e.Environment) {
			return rules{}, &Contradiction{"an entry of what was not evaluated is about an environment that is not there"}
		}
	}
	if err := counted(r); err != nil {
		return rules{}, err
	}
	var similar *rules
	for _, strict := range []bool{false, true} {
		for _, gate := range []verdict.Gate{verdict.GateNew, verdict.GateAll} {
			for _, manifests := range []bool{true, false} {
				with := rules{gate, strict, manifests}
				v := with.decide(r)
				if v.Outcome != r.Verdict.Outcome {
					continue
				}
				if slices.Equal(v.Reasons, r.Verdict.Reasons) {
					return with, nil
				}
				if similar == nil {
					similar = &with
				}
			}
		}
	}
	if similar == nil {
		return rules{}, &Contradiction{"its verdict does not follow from its findings and from what was not evaluated"}
	}
	// Another version words its reasons in another way.
	return *similar, nil
}

// decide makes the verdict of a report anew.
func (with rules) decide(r *report.Report) verdict.Verdict {
	ledger := slices.Clone(r.NotEvaluated)
	for _, n := range r.Counts.Evaluated {
		if n > 0 {
			// A report only counts what was evaluated, and one entry is as good as all.
			ledger = append(ledger, verdict.Entry{})
			break
		}
	}
	return verdict.Decide(verdict.Case{
		Findings: r.Findings, Ledger: ledger, Manifests: with.manifests,
		Environments: len(r.Environments), Affected: r.Counts.Affected, Rules: r.Counts.Rules,
		Gate: with.gate, Strict: with.strict,
	})
}

// counted compares the counts of a report with what it holds.
func counted(r *report.Report) error {
	got := report.Tally(r)
	missing := maps.Clone(r.Counts.NotEvaluated)
	maps.DeleteFunc(missing, func(_ verdict.Stage, n int) bool { return n == 0 })
	switch c := r.Counts; {
	case c.Environments != got.Environments, c.Affected != got.Affected, c.Objects != got.Objects,
		c.Created != got.Created, c.Updated != got.Updated, c.Deleted != got.Deleted:
		return &Contradiction{"its environments are counted wrongly"}
	case c.Errors != got.Errors, c.Warnings != got.Warnings, c.Notes != got.Notes, c.Existing != got.Existing:
		return &Contradiction{"its findings are counted wrongly"}
	case !maps.Equal(missing, got.NotEvaluated):
		return &Contradiction{"what was not evaluated is counted wrongly"}
	}
	return nil
}

// only is the part of a report that is about one environment, with a verdict of
// its own. What was evaluated is counted for all environments together, and is
// left out.
func only(r *report.Report, env string, with rules) *report.Report {
	part := *r
	part.Environments = slices.DeleteFunc(slices.Clone(r.Environments), func(e report.Environment) bool { return e.Name != env })
	part.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f verdict.Finding) bool { return f.Environment != env })
	part.NotEvaluated = slices.DeleteFunc(slices.Clone(r.NotEvaluated), func(e verdict.Entry) bool { return e.Environment != env })
	part.Unowned = nil
	part.Counts = report.Tally(&part)
	part.Counts.Rules = r.Counts.Rules
	part.Counts.Evaluated = r.Counts.Evaluated
	part.Verdict = with.decide(&part)
	part.Counts.Evaluated, part.Counts.NotEvaluated = nil, nil
	return &part
}
