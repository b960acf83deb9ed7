package checks

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/json"
	"github.com/penstock-dev/penstock/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files")

const headSHA = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"

// started is the time of the reports here. In testing/synctest time begins in
// 2000, and reports from the future are refused.
var started = time.Date(1999, 12, 31, 12, 0, 0, 0, time.UTC)

// reportOf is a report of environments with as many errors and warnings each,
// one on a line.
func reportOf(t testing.TB, errs, warnings int, names ...string) *report.Report {
	t.Helper()
	r := &report.Report{
		Schema: report.SchemaVersion, Tool: report.Tool{Name: "penstock", Version: "0.1.0", Kubernetes: "1.36.3"},
		Change: report.Change{Base: "main", Head: "pull/7", BaseCommit: strings.Repeat("0b", 20), HeadCommit: headSHA, Files: 3},
		Rules:  []verdict.Rule{{ID: "images/no-latest-tag", Title: "Images have a tag", Level: verdict.Error, Remediation: "Name a version."}},
		Timing: report.Timing{Started: started, Seconds: 2},
	}
	for _, name := range names {
		web := verdict.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web"}
		r.Environments = append(r.Environments, report.Environment{
			Name: name, Affected: true, Objects: 3, KubernetesVersion: "1.36",
			Deltas: []report.Delta{{Operation: diff.Update, Object: web, Diff: "@@ spec.replicas @@\n- 1\n+ 2\n"}},
		})
		for i := range errs + warnings {
			f := verdict.Finding{
				Rule: "images/no-latest-tag", Level: verdict.Error, Stage: verdict.StagePolicy, Environment: name, Object: web, Baseline: verdict.New,
				Message: fmt.Sprintf("container c%d of %s uses the tag latest", i, name), Container: fmt.Sprintf("c%d", i),
				Location: &verdict.Location{File: "apps/" + name + "/web.yaml", Line: i + 1},
			}
			if i >= errs {
				f.Level = verdict.Warning
			}
			r.Findings = append(r.Findings, f)
		}
	}
	settle(r)
	return r
}

// settle counts and decides, as the pipeline does.
func settle(r *report.Report) {
	r.Counts = report.Tally(r)
	r.Counts.Rules = len(r.Rules)
	r.Counts.Evaluated = map[verdict.Stage]int{verdict.StageRender: len(r.Environments)}
	r.Gate = cmp.Or(r.Gate, verdict.GateNew)
	r.Verdict = decide(r, true)
	for i, env := range r.Environments {
		r.Environments[i].Outcome = only(r, env).Verdict.Outcome
	}
}

func plan(t testing.TB, r *report.Report, opts Options) []Run {
	t.Helper()
	runs, err := Plan(r, opts)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func TestPlanConclusions(t *testing.T) {
	gap := func(r *report.Report, reason verdict.Reason) {
		r.NotEvaluated = append(r.NotEvaluated, verdict.Entry{Environment: "prod", Stage: verdict.StageRender, Reason: reason, Detail: "it does not render"})
	}
	for _, tt := range []struct {
		name string
		make func() *report.Report
		want []string
	}{
		{"pass", func() *report.Report { return reportOf(t, 0, 0, "dev", "prod") }, []string{
			"penstock: success: Pass: 2 environments, 2 changed",
			"penstock / dev: success: Pass: 3 objects, 1 changed",
			"penstock / prod: success: Pass: 3 objects, 1 changed"}},
		{"warnings pass", func() *report.Report { return reportOf(t, 0, 1, "dev") }, []string{
			"penstock: success: Pass: 1 environment, 1 changed, 1 warning",
			"penstock / dev: success: Pass: 3 objects, 1 changed, 1 warning"}},
		{"errors fail", func() *report.Report {
			r := reportOf(t, 2, 1, "dev", "prod")
			r.Findings = r.Findings[:3]
			settle(r)
			return r
		}, []string{
			"penstock: failure: Fail: 2 errors, 1 warning",
			"penstock / dev: failure: Fail: 2 errors, 1 warning",
			"penstock / prod: success: Pass: 3 objects, 1 changed"}},
		{"what does not render is not decided", func() *report.Report {
			r := reportOf(t, 0, 0, "dev", "prod")
			gap(r, verdict.Failed)
			settle(r)
			return r
		}, []string{
			"penstock: failure: not decided: prod: render: 1 item not evaluated (failed)",
			"penstock / dev: success: Pass: 3 objects, 1 changed",
			"penstock / prod: failure: not decided: prod: render: 1 item not evaluated (failed)"}},
		{"an environment that is not affected has no run", func() *report.Report {
			r := reportOf(t, 0, 0, "dev", "prod")
			r.Environments[0].Affected, r.Environments[0].Deltas = false, nil
			settle(r)
			return r
		}, []string{
			"penstock: success: Pass: 1 environment, 1 changed",
			"penstock / prod: success: Pass: 3 objects, 1 changed"}},
		{"nothing is affected", func() *report.Report {
			r := reportOf(t, 0, 0, "dev")
			r.Environments[0].Affected, r.Environments[0].Deltas = false, nil
			settle(r)
			return r
		}, []string{"penstock: success: Pass: no environment is affected"}},
		{"no environment for manifests is not decided", func() *report.Report { return reportOf(t, 0, 0) }, []string{
			"penstock: failure: not decided: the repository has manifests, and no environment was found for them"}},
		{"no rules is not decided", func() *report.Report {
			r := reportOf(t, 0, 0, "dev")
			r.Rules = nil
			settle(r)
			return r
		}, []string{
			"penstock: failure: not decided: no policy rule was loaded",
			"penstock / dev: failure: not decided: no policy rule was loaded"}},
		{"what base has as well blocks where the configuration says so", func() *report.Report {
			r := reportOf(t, 1, 0, "dev", "prod")
			r.Findings[0].Baseline = verdict.Unchanged
			r.Findings = r.Findings[:1]
			r.Gate = verdict.GateAll
			settle(r)
			return r
		}, []string{
			"penstock: failure: Fail: 1 finding that base has as well",
			"penstock / dev: failure: Fail: 1 finding that base has as well",
			"penstock / prod: success: Pass: 3 objects, 1 changed"}},
		{"a strict configuration", func() *report.Report {
			r := reportOf(t, 0, 0, "dev")
			r.NotEvaluated = []verdict.Entry{{Environment: "dev", Object: verdict.Object{Kind: "Widget"}, Stage: verdict.StageDryRun, Reason: verdict.UnknownKind}}
			r.Strict = true
			settle(r)
			return r
		}, []string{
			"penstock: failure: not decided: dev: dry-run: 1 item not evaluated (unknown-kind)",
			"penstock / dev: failure: not decided: dev: dry-run: 1 item not evaluated (unknown-kind)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, run := range plan(t, tt.make(), Options{}) {
				got = append(got, fmt.Sprintf("%s: %s: %s", run.Name, run.Conclusion, run.Title))
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// TestPlanRefusesContradictions takes reports whose verdict is not that of what
// they hold.
func TestPlanRefusesContradictions(t *testing.T) {
	for name, forge := range map[string]func(*report.Report){
		"pass with an error":     func(r *report.Report) { r.Verdict = verdict.Verdict{Outcome: verdict.Pass} },
		"pass of an environment": func(r *report.Report) { r.Environments[0].Outcome = verdict.Pass },
		"another gate": func(r *report.Report) {
			r.Findings[0].Baseline = verdict.Unchanged
			r.Counts.Errors, r.Counts.Existing = 0, 1
		},
		"errors that are not counted":      func(r *report.Report) { r.Counts.Errors = 0 },
		"an environment that is not there": func(r *report.Report) { r.Findings[0].Environment = "nowhere" },
		"an environment twice":             func(r *report.Report) { r.Environments = append(r.Environments, r.Environments[0]) },
		"nothing affected":                 func(r *report.Report) { r.Counts.Affected = 0 },
		"pass with what did not render": func(r *report.Report) {
			r.Findings = nil
			r.NotEvaluated = []verdict.Entry{{Environment: "prod", Stage: verdict.StageRender, Reason: verdict.Failed}}
			settle(r)
			r.Verdict = verdict.Verdict{Outcome: verdict.Pass}
		},
		"a gap that is not counted": func(r *report.Report) {
			r.NotEvaluated = []verdict.Entry{{Environment: "prod", Stage: verdict.StagePolicy, Reason: verdict.Off}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := reportOf(t, 1, 0, "prod")
			forge(r)
			_, err := Plan(r, Options{})
			var contradiction *Contradiction
			if !errors.As(err, &contradiction) || contradiction.UserHint() == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestPlanRefusesPartialReports: a pass of one environment must not satisfy a
// check that is required of the change.
func TestPlanRefusesPartialReports(t *testing.T) {
	r := reportOf(t, 3, 0, "")
	r.Only = "prod"
	var user *UserError
	if runs, err := Plan(r, Options{}); !errors.As(err, &user) || runs != nil {
		t.Errorf("got %d runs, %v", len(runs), err)
	}
}

// TestPlanOfEncodedReports takes the reports that the encoders are tested with.
func TestPlanOfEncodedReports(t *testing.T) {
	for name, want := range map[string]Conclusion{"pass": Success, "fail": Failure, "undecided": Failure} {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open("../internal/report/text/testdata/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			r, err := json.Decode(f)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
			// Those reports are written by hand, and count what they leave out.
			settle(r)
			runs := plan(t, r, Options{})
			if runs[0].Conclusion != want {
				t.Errorf("the check is %s", runs[0].Conclusion)
			}
			golden(t, "testdata/"+name+".golden", dump(runs))
		})
	}
}

// dump is a plan for a golden file. That of Markdown is where it is made.
func dump(runs []Run) string {
	var b strings.Builder
	for _, r := range runs {
		// The hash of the report is another with every field that a version adds.
		began := r.Attempt[:strings.LastIndexByte(r.Attempt, ':')]
		fmt.Fprintf(&b, "%s\n  %s\n  %s: %s\n  summary: %.60q\n  text: %.60q\n", r.Name, began, r.Conclusion, r.Title, r.Summary, r.Text)
		for _, a := range r.Annotations {
			fmt.Fprintf(&b, "  %s %s:%d %q %q\n", a.Level, a.Path, a.Line, a.Title, a.Message)
		}
	}
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s\nrun go test with -update if that is right", got, want)
	}
}

// TestAnnotations: each is on one run, the worst first, the rest counted.
func TestAnnotations(t *testing.T) {
	r := reportOf(t, 30, 100, "dev", "prod")
	// 40 more that both environments have.
	for i := range 40 {
		for _, env := range []string{"dev", "prod"} {
			r.Findings = append(r.Findings, verdict.Finding{Rule: "shared", Level: verdict.Warning, Environment: env, Message: "both", Baseline: verdict.New,
				Location: &verdict.Location{File: "apps/base.yaml", Line: i}})
		}
	}
	// Those have no place, or none in the repository.
	for _, file := range []string{"", "/etc/passwd", "../up", "a/../b", "a\nb", ".", "./a"} {
		r.Findings = append(r.Findings, verdict.Finding{Rule: "nowhere", Level: verdict.Error, Environment: "dev", Baseline: verdict.New, Location: &verdict.Location{File: file, Line: 1}})
	}
	settle(r)
	runs := plan(t, r, Options{})
	var got []string
	for _, run := range runs {
		levels := map[string]int{}
		for i, a := range run.Annotations {
			levels[a.Level]++
			if a.Line < 1 || i > 0 && rank(run.Annotations[i-1].Level) > rank(a.Level) {
				t.Errorf("%s: annotation %d is out of order, or has no line", run.Name, i)
			}
		}
		got = append(got, fmt.Sprintf("%s %d %d", run.Name, levels["failure"], levels["warning"]))
	}
	if want := []string{"penstock 0 40", "penstock / dev 30 20", "penstock / prod 30 20"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := "On lines of files: the worst 50 of 130 findings."; !strings.Contains(runs[1].Summary, want) {
		t.Errorf("the summary does not say what is left out:\n%.600s", runs[1].Summary)
	}
	if want := "both\nIn dev, prod"; runs[0].Annotations[0].Message != want {
		t.Errorf("got %q, want %q", runs[0].Annotations[0].Message, want)
	}
	alone := plan(t, r, Options{Alone: true})
	if len(alone) != 1 || len(alone[0].Annotations) != gateAnnotations || !strings.Contains(alone[0].Summary, "the worst 200 of 300 findings") {
		t.Errorf("alone: %d runs with %d annotations", len(alone), len(alone[0].Annotations))
	}
}

func TestRunNames(t *testing.T) {
	long := strings.Repeat("é", 300)
	for env, want := range map[string]string{
		"prod":     "penstock / prod",
		"prod/eu":  "penstock / prod/eu",
		"@octocat": "penstock / @\u200boctocat 607a8f65",
	} {
		if got := runName("penstock", env); got != want {
			t.Errorf("%q: got %q, want %q", env, got, want)
		}
	}
	a, b := runName("penstock", long+"a"), runName("penstock", long+"b")
	if a == b || len(a) > maxName || len(b) > maxName {
		t.Errorf("got %q and %q", a, b)
	}
	if got := runName("penstock", "a\x1b[2J\n\u202eb"); strings.ContainsAny(got, "\x1b\n\u202e") {
		t.Errorf("got %q", got)
	}
}

func TestNames(t *testing.T) {
	r := reportOf(t, 0, 0, "dev")
	if got := plan(t, r, Options{Name: "gate-2"}); got[0].Name != "gate-2" || got[1].Name != "gate-2 / dev" {
		t.Errorf("got %q and %q", got[0].Name, got[1].Name)
	}
	for _, name := range []string{"-->", "a\nb", " a", "a ", strings.Repeat("a", 61), "é"} {
		if _, err := Plan(r, Options{Name: name}); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
}
