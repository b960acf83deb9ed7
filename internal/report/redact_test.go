package report_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/github"
	"github.com/penstock-dev/penstock/internal/report/json"
	"github.com/penstock-dev/penstock/internal/report/junit"
	"github.com/penstock-dev/penstock/internal/report/markdown"
	"github.com/penstock-dev/penstock/internal/report/sarif"
	"github.com/penstock-dev/penstock/internal/report/text"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// TestNoOutputHasASecret puts every kind of secret into every text of a report,
// and looks for it in every output.
func TestNoOutputHasASecret(t *testing.T) {
	secret, err := manifest.NewObject(manifest.Document{Fields: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "db"},
		"data":       map[string]any{"password": "Y29ycmVjdC1ob3JzZQ=="},
		"stringData": map[string]any{"pin": "battery\nstaple"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	secrets := redact.New(6, secret)
	outputs := map[string]func(io.Writer, *report.Report) error{
		"json":     json.Encode,
		"sarif":    func(w io.Writer, r *report.Report) error { return sarif.Encode(w, r) },
		"junit":    junit.Encode,
		"github":   func(w io.Writer, r *report.Report) error { return github.Encode(w, r) },
		"text":     func(w io.Writer, r *report.Report) error { return text.Encode(w, r, text.Options{}) },
		"markdown": func(w io.Writer, r *report.Report) error { return markdown.Encode(w, r, markdown.Options{}) },
	}
	for name, tt := range map[string]struct{ text, secret string }{
		"base64":      {"Y29ycmVjdC1ob3JzZQ==", "Y29ycmVjdC1ob3JzZQ"},
		"decoded":     {"env value correct-horse", "correct-horse"},
		"quoted":      {`got "battery\nstaple"`, "staple"},
		"lines":       {"battery\nstaple", "staple"},
		"URL":         {"https://me:tr0ub4dor@example.com/x", "tr0ub4dor"},
		"query":       {"https://example.com/x?token=tr0ub4dor", "tr0ub4dor"},
		"basic":       {"Authorization: Basic dHIwdWI0ZG9y", "dHIwdWI0ZG9y"},
		"bearer":      {"sent Bearer abcdef0123456789abcdef", "abcdef0123456789"},
		"GitHub":      {"ghp_0123456789abcdefghij", "0123456789abcdefghij"},
		"private key": {"-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----", "MIIEabc"},
		"a cut key":   {"+ -----BEGIN PRIVATE KEY-----\n+ MIIEabc\n", "MIIEabc"},
	} {
		r := filled(tt.text)
		report.Redact(r, func(s string) string { return redact.Credentials(secrets.Replace(s)) })
		for output, encode := range outputs {
			var b bytes.Buffer
			if err := encode(&b, r); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), tt.secret) {
				t.Errorf("%s: %s shows it:\n%s", name, output, b.String())
			}
			if output != "junit" && !strings.Contains(b.String(), "hidden") {
				t.Errorf("%s: %s does not show that something is hidden:\n%s", name, output, b.String())
			}
		}
	}
}

// filled is a report with the same in every text.
func filled(s string) *report.Report {
	web := verdict.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web"}
	at := &verdict.Location{File: "web.yaml", Line: 3}
	return &report.Report{
		Schema:  report.SchemaVersion,
		Verdict: verdict.Verdict{Outcome: verdict.Fail, Reasons: []string{s}},
		Rules:   []verdict.Rule{{ID: "a/b", Title: s, Description: s, Remediation: s, Level: verdict.Error}},
		Environments: []report.Environment{{Name: "prod", Affected: true, Deltas: []report.Delta{{Operation: diff.Update, Object: web, Location: at, Diff: s}},
			Rollback: &verdict.Rollback{State: verdict.RollbackPrevented, Detail: s, Obstacles: []verdict.Obstacle{{Object: web, Message: s}}}}},
		Findings: []verdict.Finding{
			{Rule: "a/b", Level: verdict.Error, Message: s, Remediation: s, Environment: "prod", Object: web, Location: at, Baseline: verdict.New},
			{Rule: "a/b", Level: verdict.Error, Message: s, Environment: "prod", Object: web, Location: at, Baseline: verdict.New, Waiver: &verdict.Waived{Reason: s, Owner: "shop", Expires: "2027-01-31"}},
		},
		NotEvaluated: []verdict.Entry{{Environment: "prod", Object: web, Stage: verdict.StageDryRun, Reason: verdict.Failed, Detail: s, Location: at}},
		Counts:       report.Counts{Environments: 1, Affected: 1, Errors: 1, Waived: 1},
	}
}
