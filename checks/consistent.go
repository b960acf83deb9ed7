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

// consistent decides anew, and fails if that does not give the outcomes of the
// report, of the whole and of each environment. It does not tell a forged report
// from a true one: who can forge the findings can forge the verdict.
func consistent(r *report.Report) error {
	var names []string
	for _, env := range r.Environments {
		if env.Name == "" || slices.Contains(names, env.Name) {
			return &Contradiction{"the name of an environment is empty or there twice"}
		}
		names = append(names, env.Name)
	}
	known := func(env string) bool { return env == "" || slices.Contains(names, env) }
	for _, f := range r.Findings {
		if !known(f.Environment) {
			return &Contradiction{"a finding is about an environment that is not there"}
		}
	}
	for _, e := range r.NotEvaluated {
		if !known(e.Environment) {
			return &Contradiction{"an entry of what was not evaluated is about an environment that is not there"}
		}
	}
	if err := counted(r); err != nil {
		return err
	}
	// A report does not say whether the repository holds manifests. Reasons are
	// not compared: another version words them in another way.
	if decide(r, true).Outcome != r.Verdict.Outcome && decide(r, false).Outcome != r.Verdict.Outcome {
		return &Contradiction{"its verdict does not follow from its findings and from what was not evaluated"}
	}
	for _, env := range r.Environments {
		if only(r, env).Verdict.Outcome != env.Outcome {
			return &Contradiction{"the outcome of an environment does not follow from its findings and from what was not evaluated"}
		}
	}
	return nil
}

// decide makes the verdict of a report anew.
func decide(r *report.Report, manifests bool) verdict.Verdict {
	ledger := slices.Clone(r.NotEvaluated)
	for _, n := range r.Counts.Evaluated {
		if n > 0 {
			// A report only counts what was evaluated, and one entry is as good as all.
			ledger = append(ledger, verdict.Entry{})
			break
		}
	}
	return verdict.Decide(verdict.Case{
		Findings: r.Findings, Ledger: ledger, Manifests: manifests,
		Environments: len(r.Environments), Affected: r.Counts.Affected, Rules: r.Counts.Rules,
		Gate: r.Gate, Strict: r.Strict,
	})
}

// counted compares the counts of a report with what it holds.
func counted(r *report.Report) error {
	got := report.Tally(r)
	missing := maps.Clone(r.Counts.NotEvaluated)
	maps.DeleteFunc(missing, func(_ verdict.Stage, n int) bool { return n == 0 })
	switch c := r.Counts; {
	case c.Environments != got.Environments, c.Affected != got.Affected, c.Objects != got.Objects,
		c.Created != got.Created, c.Updated != got.Updated, c.Deleted != got.Deleted, c.Restarted != got.Restarted:
		return &Contradiction{"its environments are counted wrongly"}
	case c.Errors != got.Errors, c.Warnings != got.Warnings, c.Notes != got.Notes, c.Existing != got.Existing, c.Waived != got.Waived:
		return &Contradiction{"its findings are counted wrongly"}
	case !maps.Equal(missing, got.NotEvaluated):
		return &Contradiction{"what was not evaluated is counted wrongly"}
	}
	return nil
}

// only is the part of a report that is about one environment, with a verdict of
// its own. What was evaluated is counted for all environments together, and is
// left out.
func only(r *report.Report, env report.Environment) *report.Report {
	part := *r
	part.Environments = []report.Environment{env}
	part.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f verdict.Finding) bool { return f.Environment != env.Name })
	part.NotEvaluated = slices.DeleteFunc(slices.Clone(r.NotEvaluated), func(e verdict.Entry) bool { return e.Environment != env.Name })
	part.Unowned = nil
	part.Counts = report.Tally(&part)
	part.Counts.Rules = r.Counts.Rules
	part.Counts.Evaluated = r.Counts.Evaluated
	part.Verdict = decide(&part, true)
	part.Counts.Evaluated, part.Counts.NotEvaluated = nil, nil
	return &part
}
