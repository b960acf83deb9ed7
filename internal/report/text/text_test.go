package text_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/text"
	"github.com/penstock-dev/penstock/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files")

func sample(t testing.TB, name string) *report.Report {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func encode(t testing.TB, r *report.Report, opts text.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := text.Encode(&out, r, opts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEncode(t *testing.T) {
	tests := []struct {
		golden, sample string
		opts           text.Options
	}{
		{"fail", "fail", text.Options{}},
		{"fail-120-verbose", "fail", text.Options{Width: 120, Verbose: true}},
		{"fail-diff-color", "fail", text.Options{Diff: true, Color: true}},
		{"undecided", "undecided", text.Options{}},
		{"pass", "pass", text.Options{}},
	}
	for _, tt := range tests {
		t.Run(tt.golden, func(t *testing.T) {
			got := encode(t, sample(t, tt.sample), tt.opts)
			golden := "testdata/" + tt.golden + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s\nrun go test with -update if that is right", got, want)
			}
		})
	}
}

// TestWidth checks every width: only lines without a space to break at, or with
// a path or an object, may be longer.
func TestWidth(t *testing.T) {
	r := sample(t, "fail")
	for width := 40; width < 160; width++ {
		for line := range strings.Lines(encode(t, r, text.Options{Width: width})) {
			line = strings.TrimSuffix(line, "\n")
			if strings.TrimRight(line, " \t") != line {
				t.Fatalf("width %d: trailing space in %q", width, line)
			}
			if n := utf8.RuneCountInString(line); n > width && strings.Contains(line, "blocking") {
				t.Fatalf("width %d: %d columns in %q", width, n, line)
			}
		}
	}
}

func TestExistingErrorsThatBlockAreShown(t *testing.T) {
	r := sample(t, "fail")
	r.Findings = []verdict.Finding{{Rule: "a/b", Level: verdict.Error, Message: "an old fault", Environment: "prod", Baseline: verdict.Unchanged}}
	r.Counts.Errors, r.Counts.Existing, r.Gate = 0, 1, verdict.GateAll
	if got := encode(t, r, text.Options{}); !strings.Contains(got, "an old fault") {
		t.Errorf("the finding that refuses the change is not shown:\n%s", got)
	}
	r.Verdict.Outcome, r.Gate = verdict.Pass, verdict.GateNew
	if got := encode(t, r, text.Options{}); strings.Contains(got, "an old fault") || !strings.Contains(got, "1 existing finding") {
		t.Errorf("an existing finding that does not block is to be counted only:\n%s", got)
	}
}

// TestNothingIsLost gives every finding its own message and expects each of
// them, whatever environment it names.
func TestNothingIsLost(t *testing.T) {
	r := &report.Report{Environments: []report.Environment{{Name: "a"}, {Name: "b"}}}
	for _, env := range []string{"", "a", "b", "unknown"} {
		r.Findings = append(r.Findings, verdict.Finding{Message: "fault-in-<" + env + ">", Environment: env, Baseline: verdict.New})
	}
	got := encode(t, r, text.Options{})
	for _, f := range r.Findings {
		if strings.Count(got, f.Message) != 1 {
			t.Errorf("%q is not there once:\n%s", f.Message, got)
		}
	}
}

func TestHostileText(t *testing.T) {
	const evil = "x\x1b[2J\x1b]0;pwned\a\r\u202e\u2028\x9b\xff\nNot evaluated"
	got := encode(t, hostile(evil), text.Options{Diff: true, Verbose: true})
	for _, bad := range []string{"\x1b", "\a", "\r", "\u202e", "\u2028", "\u009b"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q reaches the terminal:\n%q", bad, got)
		}
	}
	if !utf8.ValidString(got) {
		t.Errorf("not valid UTF-8: %q", got)
	}
	if n := strings.Count(got, "\nNot evaluated\n"); n != 1 {
		t.Errorf("%d headings, one of them forged:\n%s", n, got)
	}
}

// hostile is a report with the same text in every place that a repository can fill.
func hostile(s string) *report.Report {
	object := verdict.Object{APIVersion: s, Kind: s, Namespace: s, Name: s}
	place := &verdict.Location{File: s, Line: 1}
	return &report.Report{
		Change:  report.Change{Base: s, Head: s, BaseCommit: s, HeadCommit: s},
		Verdict: verdict.Verdict{Outcome: verdict.Outcome(s), Reasons: []string{s}},
		Environments: []report.Environment{{
			Name: s, Found: s, KubernetesVersion: s, DryRun: s, Affected: true,
			Deltas: []report.Delta{{Operation: "CREATE", Object: object, RenamedFrom: s, RenamedTo: s, Diff: s}},
		}, {Name: s + "2"}},
		Findings: []verdict.Finding{
			{Rule: s, Level: verdict.Level(s), Message: s, Environment: s, Object: object, Container: s, Path: s, Location: place, Baseline: verdict.New, Remediation: s},
			{Rule: s, Level: verdict.Error, Message: s, Environment: s + "3", Object: object, Location: place, Baseline: verdict.New},
		},
		NotEvaluated: []verdict.Entry{{Environment: s, Object: object, Stage: verdict.Stage(s), Reason: verdict.Reason(s), Detail: s, Location: place}},
		Unowned:      []string{s},
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("plain", 80)
	f.Add("\x1b[31m\xff", -1)
	f.Add(strings.Repeat("é ", 5000), 3)
	f.Fuzz(func(t *testing.T, s string, width int) {
		got := encode(t, hostile(s), text.Options{Width: width, Diff: true, Verbose: true})
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x07\x08\x1b\x7f\r\u009b\u202e") {
			t.Fatalf("active text: %q", got)
		}
		for line := range strings.Lines(got) {
			if strings.HasSuffix(line, " \n") {
				t.Fatalf("trailing space: %q", line)
			}
		}
	})
}

func TestWriteError(t *testing.T) {
	want := errors.New("disk full")
	if err := text.Encode(failing{want}, sample(t, "pass"), text.Options{}); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestEffectsAndRollback: what prevents a rollback is named, and cut to size.
func TestEffectsAndRollback(t *testing.T) {
	named := func(name string) verdict.Object {
		return verdict.Object{APIVersion: "v1", Kind: "ConfigMap", Name: name}
	}
	env := report.Environment{Name: "a", Affected: true, Rollback: &verdict.Rollback{State: verdict.RollbackPrevented}}
	for _, name := range []string{"one", "one", "two", "three", "four"} {
		env.Rollback.Obstacles = append(env.Rollback.Obstacles, verdict.Obstacle{Object: named(name), Message: "it is immutable"})
	}
	for _, effects := range [][]verdict.Effect{{verdict.Replace, verdict.Restart}, {verdict.NoOp}} {
		env.Deltas = append(env.Deltas, report.Delta{Operation: "UPDATE", Object: named("one"), Effects: effects})
	}
	got := encode(t, &report.Report{Environments: []report.Environment{env}}, text.Options{Width: 120})
	for _, want := range []string{
		"a  0 objects, 2 updated, 1 restarted\n",
		"  cannot be rolled back: ConfigMap one, ConfigMap two, ConfigMap three, 1 more\n",
		"  ~ ConfigMap one  has to be replaced, restarts\n  ~ ConfigMap one  stays the same\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	env.Rollback = &verdict.Rollback{State: verdict.RollbackNotEvaluated, Reason: verdict.Unverifiable}
	if got := encode(t, &report.Report{Environments: []report.Environment{env}}, text.Options{}); !strings.Contains(got, "  rollback not evaluated\n") {
		t.Errorf("got\n%s", got)
	}
}
