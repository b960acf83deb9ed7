package github_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/github"
	"github.com/penstock-dev/penstock/internal/verdict"
)

func encode(t *testing.T, r *report.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := github.Encode(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func finding(level verdict.Level, env, message string, line int) verdict.Finding {
	return verdict.Finding{
		Rule: "security/privileged", Level: level, Environment: env, Message: message, Baseline: verdict.New,
		Object: verdict.Object{Kind: "Pod", Namespace: "shop", Name: "web"}, Location: &verdict.Location{File: "apps/web.yaml", Line: line},
	}
}

func TestEncode(t *testing.T) {
	existing := finding(verdict.Error, "prod", "old", 3)
	existing.Baseline = verdict.Unchanged
	nowhere := finding(verdict.Error, "prod", "nowhere", 0)
	nowhere.Location = nil
	file := finding(verdict.Error, "prod", "the file", 0)
	tests := []struct {
		name   string
		report report.Report
		want   string
	}{
		{"nothing to say", report.Report{Verdict: verdict.Verdict{Outcome: verdict.Pass, Reasons: []string{"nothing blocks"}}}, ""},
		{
			"errors before warnings; several environments at one place",
			report.Report{
				Verdict: verdict.Verdict{Outcome: verdict.Fail, Reasons: []string{"dev: 1 blocking finding", "prod: 1 blocking finding"}},
				Counts:  report.Counts{Errors: 2, Warnings: 1},
				Rules:   []verdict.Rule{{ID: "security/privileged", Remediation: "remove it"}},
				Findings: []verdict.Finding{
					finding(verdict.Warning, "dev", "small", 2), finding(verdict.Error, "dev", "big", 1), finding(verdict.Error, "prod", "big", 1), existing,
				},
			},
			"::error file=apps/web.yaml,line=1,title=security/privileged (dev%2C prod)::Pod shop/web: big%0A→ remove it\n" +
				"::warning file=apps/web.yaml,line=2,title=security/privileged (dev)::Pod shop/web: small%0A→ remove it\n" +
				"::notice title=Penstock%3A fail::dev: 1 blocking finding%0Aprod: 1 blocking finding\n",
		},
		{
			"what base has already, when it alone refuses the change",
			report.Report{Gate: verdict.GateAll, Verdict: verdict.Verdict{Outcome: verdict.Fail, Reasons: []string{"prod: 1 blocking finding"}}, Findings: []verdict.Finding{existing}},
			"::error file=apps/web.yaml,line=3,title=security/privileged (prod)::Pod shop/web: old\n" +
				"::notice title=Penstock%3A fail::prod: 1 blocking finding\n",
		},
		{
			"no line, and no place",
			report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail}, Counts: report.Counts{Errors: 2}, Findings: []verdict.Finding{file, nowhere}},
			"::error file=apps/web.yaml,title=security/privileged (prod)::Pod shop/web: the file\n" +
				"::error title=security/privileged (prod)::Pod shop/web: nowhere\n",
		},
		{
			"what was not evaluated, if it blocks",
			report.Report{
				Verdict: verdict.Verdict{Outcome: verdict.Undecided, Reasons: []string{"prod: render: 1 item not evaluated (failed)"}},
				NotEvaluated: []verdict.Entry{
					{Environment: "prod", Stage: verdict.StageRender, Reason: verdict.Failed, Detail: "no such chart", Location: &verdict.Location{File: "k.yaml", Line: 4}},
					{Environment: "prod", Stage: verdict.StageDryRun, Reason: verdict.UnknownKind, Detail: "no definition"},
					{Stage: verdict.StageDiscover, Reason: verdict.NeedsNetwork, Object: verdict.Object{Kind: "Submodule", Name: "x"}},
				},
			},
			"::error file=k.yaml,line=4,title=not evaluated%3A render (prod)::no such chart\n" +
				"::notice title=Penstock%3A undecided::prod: render: 1 item not evaluated (failed)\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := encode(t, &tt.report); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestLimit expects ten of each level, and the number of the others.
func TestLimit(t *testing.T) {
	r := &report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail, Reasons: []string{"prod: 25 blocking findings"}}, Counts: report.Counts{Errors: 25}}
	for i := range 25 {
		r.Findings = append(r.Findings, finding(verdict.Note, "prod", "note", i), finding(verdict.Warning, "prod", "warning", i), finding(verdict.Error, "prod", "error", i))
	}
	got := encode(t, r)
	for command, want := range map[string]int{"::error ": 10, "::warning ": 10, "::notice ": 1} {
		if n := strings.Count("\n"+got, "\n"+command); n != want {
			t.Errorf("%d times %s, want %d", n, command, want)
		}
	}
	if want := "prod: 25 blocking findings%0ANot shown as annotations: 15 errors, 15 warnings, 25 notes."; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	if strings.Index(got, "::warning") < strings.LastIndex(got, "::error") {
		t.Error("a warning stands before an error")
	}
}

// TestHostile gives texts that would be commands, or end one, were they not escaped.
func TestHostile(t *testing.T) {
	f := finding(verdict.Error, "a,line=9::x", "50%\r\n::set-output name=verdict::pass\n::add-mask::e\x1b[31m", 1)
	f.Rule = "own/rule:a,b%0A::error::"
	f.Location.File = "a:b,title=c%\n::warning::x"
	r := &report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail}, Counts: report.Counts{Errors: 1}, Findings: []verdict.Finding{f}}
	want := "::error file=a%3Ab%2Ctitle=c%25%0A%3A%3Awarning%3A%3Ax,line=1," +
		"title=own/rule%3Aa%2Cb%250A%3A%3Aerror%3A%3A (a%2Cline=9%3A%3Ax)" +
		`::Pod shop/web: 50%25\x0d%0A::set-output name=verdict::pass%0A::add-mask::e\x1b[31m` + "\n"
	if got := encode(t, r); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestLongMessage(t *testing.T) {
	f := finding(verdict.Error, strings.Repeat("é", 300), strings.Repeat("é", 10_000), 1)
	got := encode(t, &report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail}, Counts: report.Counts{Errors: 1}, Findings: []verdict.Finding{f}})
	if len(got) > 4<<10+400 || !strings.HasSuffix(got, "é…\n") || !strings.Contains(got, "é…::") || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("%d bytes: %.300s … %s", len(got), got, got[len(got)-20:])
	}
}

func TestSamples(t *testing.T) {
	for name, want := range map[string]string{
		"fail": "::error ", "undecided": "::notice title=Penstock%3A undecided::",
	} {
		data, err := os.ReadFile("../text/testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var r report.Report
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		got := encode(t, &r)
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", name, want, got)
		}
		for line := range strings.Lines(got) {
			if !strings.HasPrefix(line, "::") {
				t.Errorf("%s: a line that is no command: %s", name, line)
			}
		}
	}
}

func TestEncodeError(t *testing.T) {
	var out bytes.Buffer
	if err := github.EncodeError(&out, "no base\nhint: fetch-depth: 0"); err != nil {
		t.Fatal(err)
	}
	if want := "::error title=Penstock%3A not decided::no base%0Ahint: fetch-depth: 0\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestOutputs reads the outputs as the runner does, which takes every line up to
// the delimiter for the value.
func TestOutputs(t *testing.T) {
	r := &report.Report{Counts: report.Counts{Errors: 2}}
	for _, name := range []string{"dev", "prod", "staging"} {
		r.Environments = append(r.Environments, report.Environment{Name: name})
	}
	r.Verdict = verdict.Decide(verdict.Case{
		Findings:     []verdict.Finding{finding(verdict.Error, "prod", "a", 1), finding(verdict.Warning, "dev", "b", 1), finding(verdict.Error, "staging", "c", 1)},
		Environments: 3, Affected: 3, Rules: 1, Manifests: true,
	})
	for i, o := range []verdict.Outcome{verdict.Pass, verdict.Fail, verdict.Undecided} {
		r.Environments[i].Outcome = o
	}
	var out bytes.Buffer
	hostile := "x\nPENSTOCK\nverdict=pass\nPENSTOCK_END"
	if err := github.EncodeOutputs(&out, r, github.Files{Report: "/tmp/report.json", SARIF: hostile}); err != nil {
		t.Fatal(err)
	}
	got := readOutputs(t, out.String())
	for name, want := range map[string]string{
		"verdict": "fail", "report": "/tmp/report.json", "sarif": hostile, "failed-environments": `["prod","staging"]`,
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	var counts report.Counts
	if err := json.Unmarshal([]byte(got["counts"]), &counts); err != nil || counts.Errors != 2 {
		t.Errorf("counts are %q: %v", got["counts"], err)
	}
}

func TestOutputsOfOtherVerdicts(t *testing.T) {
	gap := verdict.Entry{Environment: "prod", Stage: verdict.StageRender, Reason: verdict.Failed}
	for outcome, c := range map[string]verdict.Case{
		`pass []`:                    {Environments: 1, Rules: 1},
		`undecided ["prod"]`:         {Environments: 1, Affected: 1, Rules: 1, Ledger: []verdict.Entry{gap}},
		`undecided ["prod"] twofold`: {Environments: 1, Affected: 1},
		`undecided []`:               {Manifests: true, Environments: 1, Rules: 1, Ledger: []verdict.Entry{{Stage: verdict.StageDiscover, Reason: verdict.Unsupported}}},
	} {
		r := &report.Report{Verdict: verdict.Decide(c)}
		r.Environments = []report.Environment{{Name: "prod", Outcome: verdict.Decide(c.Of("prod", c.Affected > 0)).Outcome}}
		var out bytes.Buffer
		if err := github.EncodeOutputs(&out, r, github.Files{}); err != nil {
			t.Fatal(err)
		}
		outputs := readOutputs(t, out.String())
		if got := fmt.Sprintf("%s %s", outputs["verdict"], outputs["failed-environments"]); !strings.HasPrefix(outcome, got) {
			t.Errorf("got %s, want %s", got, outcome)
		}
	}
}

func readOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for len(lines) > 0 {
		name, end, ok := strings.Cut(lines[0], "<<")
		if !ok {
			t.Fatalf("not the start of an output: %q", lines[0])
		}
		var value []string
		for lines = lines[1:]; len(lines) > 0 && lines[0] != end; lines = lines[1:] {
			value = append(value, lines[0])
		}
		if len(lines) == 0 {
			t.Fatalf("%s does not end", name)
		}
		outputs[name], lines = strings.Join(value, "\n"), lines[1:]
	}
	return outputs
}
