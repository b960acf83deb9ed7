package junit

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

var update = flag.Bool("update", false, "rewrite testdata/report.xml")

// sample is the report that the JSON encoder's tests keep.
func sample(t *testing.T) *report.Report {
	t.Helper()
	text, err := os.ReadFile("../json/testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func encode(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(t *testing.T, text []byte) testSuites {
	t.Helper()
	var out testSuites
	if err := xml.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

func TestEncode(t *testing.T) {
	const file = "testdata/report.xml"
	got := encode(t, sample(t))
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is encoded now; look at the difference after go test ./internal/report/junit -update", file)
	}
}

// kind is F, E, S or P: how a test case went.
func kind(c testCase) string {
	switch {
	case c.Failure != nil:
		return "F"
	case c.Error != nil:
		return "E"
	case c.Skipped != nil:
		return "S"
	}
	return "P"
}

func listing(s testSuites) string {
	var b strings.Builder
	for _, suite := range s.Suites {
		b.WriteString(suite.Name + ":")
		for _, c := range suite.Cases {
			b.WriteString(" " + kind(c) + " " + c.Name + ";")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestCases(t *testing.T) {
	failed := []verdict.Entry{
		{Environment: "a", Stage: verdict.StageRender, Reason: verdict.NeedsNetwork, Detail: "d"},
		{Environment: "a", Stage: verdict.StagePolicy, Reason: verdict.Blocked},
	}
	one := []report.Environment{{Name: "a", Affected: true}}
	rules := []verdict.Rule{{ID: "r"}}
	finding := verdict.Finding{Rule: "r", Level: verdict.Error, Environment: "a", Baseline: verdict.New}
	existing := finding
	existing.Baseline = verdict.Unchanged
	absent := finding
	absent.Baseline = verdict.Absent
	tests := []struct {
		name   string
		report report.Report
		want   string
	}{
		{"nothing", report.Report{}, "repository: E verdict;\n"},
		{"pass", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Pass}, Environments: one, Rules: rules}, "repository: P verdict;\na: P render; P policy;\n"},
		{"pass without rules", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Pass}, Environments: one}, "repository: P verdict;\na: P render;\n"},
		{"not affected", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Pass}, Environments: []report.Environment{{Name: "a"}}}, "repository: P verdict;\na: S not affected;\n"},
		{"not rendered", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Undecided}, Environments: []report.Environment{{Name: "a"}}, Rules: rules, NotEvaluated: failed},
			"repository: E verdict;\na: E render: not evaluated (needs-network); E policy: not evaluated (blocked);\n"},
		{"finding", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail}, Environments: one, Rules: rules, Findings: []verdict.Finding{finding}},
			"repository: F verdict;\na: P render; P policy; F r;\n"},
		{"findings that do not block", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Pass}, Environments: one, Rules: rules, Findings: []verdict.Finding{existing, absent}},
			"repository: P verdict;\na: P render; P policy; P r;\n"},
		{"existing findings block when the gate is for all", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail}, Environments: one, Findings: []verdict.Finding{existing}},
			"repository: F verdict;\na: P render; P r;\n"},
		{"an environment called repository", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail}, Environments: []report.Environment{{Name: "repository", Affected: true}},
			Findings: []verdict.Finding{{Rule: "r", Level: verdict.Error, Environment: "repository", Baseline: verdict.New}}},
			"repository: F verdict;\nrepository: P render; F r;\n"},
		{"an environment that is not listed", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail}, Findings: []verdict.Finding{finding}, NotEvaluated: []verdict.Entry{{Environment: "b", Stage: verdict.StageDryRun, Reason: verdict.Off}}},
			"repository: F verdict;\na: F r;\nb: S dry-run: not evaluated (off);\n"},
		{"object that is not evaluated", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Pass}, Environments: []report.Environment{{Name: "a", Affected: true, DryRun: "embedded"}},
			NotEvaluated: []verdict.Entry{{Environment: "a", Stage: verdict.StageDryRun, Reason: verdict.UnknownKind, Object: verdict.Object{Kind: "X"}}}},
			"repository: P verdict;\na: P render; P dry-run; S dry-run: not evaluated (unknown-kind);\n"},
		{"reason that is not known", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Undecided}, NotEvaluated: []verdict.Entry{{Stage: verdict.StageDiscover, Reason: "tomorrow", Object: verdict.Object{Kind: "X"}}}},
			"repository: E verdict; E discover: not evaluated (tomorrow);\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := decode(t, encode(t, &tt.report))
			if text := listing(got); text != tt.want {
				t.Errorf("got\n%swant\n%s", text, tt.want)
			}
			if good := got.Failures+got.Errors == 0; good != (tt.report.Verdict.Outcome == verdict.Pass) {
				t.Errorf("%d failures and %d errors for %q", got.Failures, got.Errors, tt.report.Verdict.Outcome)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	s := decode(t, encode(t, sample(t)))
	var tests, failures, errors, skipped int
	for _, suite := range s.Suites {
		count := map[string]int{}
		for _, c := range suite.Cases {
			count[kind(c)]++
		}
		if suite.Tests != len(suite.Cases) || suite.Failures != count["F"] || suite.Errors != count["E"] || suite.Skipped != count["S"] {
			t.Errorf("the counts of %s are wrong: %+v, %v", suite.Name, suite, count)
		}
		tests, failures, errors, skipped = tests+suite.Tests, failures+suite.Failures, errors+suite.Errors, skipped+suite.Skipped
	}
	if s.Tests != tests || s.Failures != failures || s.Errors != errors || s.Skipped != skipped || tests == 0 {
		t.Errorf("the sums are wrong: %+v", s)
	}
}

// FuzzEncode: whatever a text holds, the document is well-formed, and no
// element comes out of it.
func FuzzEncode(f *testing.F) {
	f.Add("message", "a.yaml", "name")
	f.Add("]]></failure><failure/>", "\x00\x1b[0m", "\xff\ufffe\"'&<")
	f.Fuzz(func(t *testing.T, text, file, name string) {
		r := &report.Report{
			Environments: []report.Environment{{Name: name, Affected: true}},
			Findings: []verdict.Finding{{Rule: name, Level: verdict.Error, Message: text, Environment: name, Baseline: verdict.New,
				Location: &verdict.Location{File: file}, Object: verdict.Object{Kind: text, Name: name}}},
			NotEvaluated: []verdict.Entry{{Stage: verdict.Stage(text), Reason: verdict.Reason(name), Detail: text}},
		}
		dec := xml.NewDecoder(bytes.NewReader(encode(t, r)))
		elements := 0
		for {
			token, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := token.(xml.StartElement); ok {
				elements++
			}
		}
		if elements > 16 {
			t.Errorf("there are %d elements", elements)
		}
	})
}
