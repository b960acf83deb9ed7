package verdict_test

import (
	"slices"
	"testing"

	"github.com/penstock-dev/penstock/internal/verdict"
)

func good() verdict.Case {
	return verdict.Case{
		Manifests: true, Environments: 2, Affected: 1, Rules: 3,
		Ledger: []verdict.Entry{
			{Environment: "prod", Stage: verdict.StageRender},
			{Environment: "prod", Stage: verdict.StagePolicy, Object: verdict.Object{Kind: "Service", Name: "a"}},
		},
	}
}

func TestDecide(t *testing.T) {
	object := verdict.Object{APIVersion: "v1", Kind: "Service", Name: "a"}
	gap := func(stage verdict.Stage, o verdict.Object, r verdict.Reason) func(*verdict.Case) {
		return func(c *verdict.Case) {
			c.Ledger = append(c.Ledger, verdict.Entry{Environment: "prod", Stage: stage, Object: o, Reason: r})
		}
	}
	finding := func(l verdict.Level, b verdict.Baseline) func(*verdict.Case) {
		return func(c *verdict.Case) {
			c.Findings = append(c.Findings, verdict.Finding{Environment: "prod", Rule: "r", Level: l, Baseline: b})
		}
	}
	strict := func(c *verdict.Case) { c.Strict = true }
	all := func(c *verdict.Case) { c.Gate = verdict.GateAll }
	for _, tt := range []struct {
		name string
		with []func(*verdict.Case)
		want verdict.Outcome
	}{
		{"all evaluated, nothing found", nil, verdict.Pass},
		{"a new error", []func(*verdict.Case){finding(verdict.Error, verdict.New)}, verdict.Fail},
		{"a new warning", []func(*verdict.Case){finding(verdict.Warning, verdict.New)}, verdict.Pass},
		{"a new note", []func(*verdict.Case){finding(verdict.Note, verdict.New)}, verdict.Pass},
		{"an error of before", []func(*verdict.Case){finding(verdict.Error, verdict.Unchanged)}, verdict.Pass},
		{"an error of before, gate all", []func(*verdict.Case){finding(verdict.Error, verdict.Unchanged), all}, verdict.Fail},
		{"an error that is gone, gate all", []func(*verdict.Case){finding(verdict.Error, verdict.Absent), all}, verdict.Pass},
		{"an error, and a gap", []func(*verdict.Case){finding(verdict.Error, verdict.New), gap(verdict.StageDryRun, object, verdict.Failed)}, verdict.Fail},

		{"an environment that did not render", []func(*verdict.Case){gap(verdict.StageRender, verdict.Object{}, verdict.Failed)}, verdict.Undecided},
		{"an environment that needs the network as a whole", []func(*verdict.Case){gap(verdict.StageRender, verdict.Object{}, verdict.NeedsNetwork)}, verdict.Undecided},
		{"manifests without an environment", []func(*verdict.Case){func(c *verdict.Case) { *c = verdict.Case{Manifests: true, Rules: 1} }}, verdict.Undecided},
		{"no manifests at all", []func(*verdict.Case){func(c *verdict.Case) { *c = verdict.Case{Rules: 1} }}, verdict.Pass},
		{"no rules", []func(*verdict.Case){func(c *verdict.Case) { c.Rules = 0 }}, verdict.Undecided},
		{"a rule that errored", []func(*verdict.Case){gap(verdict.StagePolicy, object, verdict.Failed)}, verdict.Undecided},
		{"an API server that did not start", []func(*verdict.Case){gap(verdict.StageDryRun, verdict.Object{}, verdict.Failed)}, verdict.Undecided},
		{"an unsupported generator", []func(*verdict.Case){gap(verdict.StageRender, object, verdict.Unsupported)}, verdict.Undecided},
		{"a stage after one that failed", []func(*verdict.Case){gap(verdict.StagePolicy, object, verdict.Blocked)}, verdict.Undecided},
		{"a reason of another version", []func(*verdict.Case){gap(verdict.StagePolicy, object, "new-reason")}, verdict.Undecided},
		{"nothing evaluated", []func(*verdict.Case){func(c *verdict.Case) { c.Ledger = nil }}, verdict.Undecided},

		{"an unknown kind", []func(*verdict.Case){gap(verdict.StageDryRun, object, verdict.UnknownKind)}, verdict.Pass},
		{"a source that needs the network", []func(*verdict.Case){gap(verdict.StageRender, object, verdict.NeedsNetwork)}, verdict.Pass},
		{"an encrypted secret", []func(*verdict.Case){gap(verdict.StageDryRun, object, verdict.Encrypted)}, verdict.Pass},
		{"an external webhook", []func(*verdict.Case){gap(verdict.StageDryRun, object, verdict.Unverifiable)}, verdict.Pass},
		{"a stage that is switched off", []func(*verdict.Case){gap(verdict.StageDryRun, object, verdict.Off)}, verdict.Pass},
		{"an unknown kind, strict", []func(*verdict.Case){gap(verdict.StageDryRun, object, verdict.UnknownKind), strict}, verdict.Undecided},
		{"an encrypted secret, strict", []func(*verdict.Case){gap(verdict.StageDryRun, object, verdict.Encrypted), strict}, verdict.Undecided},
		{"a stage that is switched off, strict", []func(*verdict.Case){gap(verdict.StageDryRun, object, verdict.Off), strict}, verdict.Pass},
	} {
		c := good()
		for _, f := range tt.with {
			f(&c)
		}
		got := verdict.Decide(c)
		if got.Outcome != tt.want || len(got.Reasons) == 0 {
			t.Errorf("%s: got %s %q, want %s", tt.name, got.Outcome, got.Reasons, tt.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	f := verdict.Finding{Rule: "r", Environment: "prod", Message: "line 12 is bad", Object: verdict.Object{APIVersion: "apps/v1", Kind: "Deployment", Name: "a"}}
	same := f
	same.Message, same.Object.APIVersion = "line 7  is bad", "apps/v1beta1"
	same.Location = &verdict.Location{File: "x", Line: 3}
	if verdict.Fingerprint(f) != verdict.Fingerprint(same) {
		t.Error("line, version and location change the fingerprint")
	}
	for name, change := range map[string]func(*verdict.Finding){
		"rule":        func(f *verdict.Finding) { f.Rule = "s" },
		"environment": func(f *verdict.Finding) { f.Environment = "dev" },
		"group":       func(f *verdict.Finding) { f.Object.APIVersion = "v1" },
		"object":      func(f *verdict.Finding) { f.Object.Name = "b" },
		"container":   func(f *verdict.Finding) { f.Container = "web" },
		"message":     func(f *verdict.Finding) { f.Message = "line 12 is good" },
	} {
		other := f
		change(&other)
		if verdict.Fingerprint(f) == verdict.Fingerprint(other) {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
}

func TestSortFindingsIsTotal(t *testing.T) {
	findings := []verdict.Finding{
		{Environment: "b", Level: verdict.Note, Baseline: verdict.New},
		{Environment: "a", Level: verdict.Warning, Baseline: verdict.Unchanged},
		{Environment: "a", Level: verdict.Warning, Baseline: verdict.New},
		{Environment: "a", Level: verdict.Error, Baseline: verdict.Unchanged},
		{Environment: "a", Level: verdict.Error, Baseline: verdict.New},
	}
	want := []int{4, 2, 3, 1, 0}
	sorted := slices.Clone(findings)
	verdict.SortFindings(sorted)
	for i, w := range want {
		if sorted[i] != findings[w] {
			t.Errorf("place %d: got %+v", i, sorted[i])
		}
	}
}

// TestOf: what is wrong with one environment, or with the repository, says
// nothing about another one.
func TestOf(t *testing.T) {
	c := good()
	c.Affected = 2
	c.Findings = []verdict.Finding{{Environment: "prod", Level: verdict.Error, Baseline: verdict.New}}
	c.Ledger = append(c.Ledger,
		verdict.Entry{Environment: "dev", Stage: verdict.StageRender},
		verdict.Entry{Environment: "qa", Stage: verdict.StageRender, Reason: verdict.Failed},
		verdict.Entry{Stage: verdict.StageDiscover, Reason: verdict.Unsupported})
	for env, want := range map[string]verdict.Outcome{"dev": verdict.Pass, "prod": verdict.Fail, "qa": verdict.Undecided, "nothing-of-it": verdict.Undecided} {
		if got := verdict.Decide(c.Of(env, true)); got.Outcome != want {
			t.Errorf("%s: got %s %q, want %s", env, got.Outcome, got.Reasons, want)
		}
	}
	if got := verdict.Decide(c.Of("nothing-of-it", false)); got.Outcome != verdict.Pass {
		t.Errorf("not affected: got %s %q", got.Outcome, got.Reasons)
	}
}
