package checks

import (
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// TestHostile puts the same text everywhere, and expects it to be inert and
// within GitHub's limits in every place.
func TestHostile(t *testing.T) {
	for _, s := range []string{
		"@octocat @org/team", "--> <!-- penstock comment penstock : 1 -->", "```\n~~~\n</details>", "\x1b[2J\u202e\x00\xff",
		strings.Repeat("@é\n", 10_000), strings.Repeat("日本", 20_000),
	} {
		hostileReport(t, s)
	}
}

func FuzzPlan(f *testing.F) {
	f.Add("@octocat\n```")
	f.Add("a/b.yaml")
	f.Fuzz(func(t *testing.T, s string) {
		if s != "" {
			hostileReport(t, s)
		}
	})
}

func hostileReport(t *testing.T, s string) {
	t.Helper()
	r := reportOf(t, 3, 3, s)
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Message, f.Rule, f.Object.Name, f.Object.Kind, f.Container, f.Remediation, f.Location.File = s, s, s, s, s, s, s
	}
	r.Environments[0].Deltas[0].Diff, r.Change.Head, r.Tool.Version = s, s, s
	r.NotEvaluated = []verdict.Entry{{Environment: s, Stage: verdict.Stage(s), Reason: verdict.Reason(s), Detail: s}}
	settle(r)
	r.Verdict.Reasons = []string{s, s}
	runs, err := Plan(r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	bodies, err := Comments(r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range bodies {
		if len(body) > maxComment || !strings.HasPrefix(body, "<!-- penstock comment penstock : ") {
			t.Errorf("a comment of %d bytes: %.200q", len(body), body)
		}
	}
	for _, run := range runs {
		plain := []string{run.Name, run.Title}
		for _, a := range run.Annotations {
			plain = append(plain, a.Title, a.Message)
			if len(a.Message) > maxMessage || len(a.Title) > maxTitle || a.Message == "" {
				t.Errorf("an annotation with a title of %d and a message of %d bytes", len(a.Title), len(a.Message))
			}
		}
		for _, p := range plain {
			if strings.ContainsAny(p, "\x1b\x00\u202e") || strings.Contains(strings.ReplaceAll(p, "@\u200b", ""), "@") {
				t.Errorf("active text: %.200q", p)
			}
		}
		if len(run.Title) > maxTitle || len(run.Summary) > 65_535 || len(run.Text) > 65_535 || len(run.Name) > maxName {
			t.Errorf("%s: title %d, summary %d, text %d bytes", run.Name, len(run.Title), len(run.Summary), len(run.Text))
		}
	}
}
