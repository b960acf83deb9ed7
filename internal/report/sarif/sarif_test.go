package sarif

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // keeps the module, and in it the schema
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

const schemaPackage = "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

var update = flag.Bool("update", false, "rewrite testdata/report.sarif")

// sample is the report that the JSON encoder's tests keep.
func sample(t testing.TB) *report.Report {
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

func encoded(t testing.TB, r *report.Report, max limits) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, r, max); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// decode reads a log back; a property that the model does not have is an error.
func decode(t testing.TB, text []byte) run {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var log sarifLog
	if err := dec.Decode(&log); err != nil {
		t.Fatal(err)
	}
	if len(log.Runs) != 1 {
		t.Fatalf("there are %d runs", len(log.Runs))
	}
	return log.Runs[0]
}

// official is the schema that OASIS publishes. It lies in the source of the
// go-sarif module as the constant "schema", so that no copy of it is kept here.
func official(t testing.TB) *validator.Schema {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", schemaPackage).Output()
	if err != nil {
		t.Fatalf("looking for %s: %v", schemaPackage, err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constant := file.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec)
	if constant.Names[0].Name != "schema" {
		t.Fatalf("schema.go begins with %s", constant.Names[0].Name)
	}
	text, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validator.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if id := doc.(map[string]any)["id"]; id != schemaURI {
		t.Fatalf("the schema is %v, not %s", id, schemaURI)
	}
	c := validator.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(schemaURI, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(schemaURI)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(schema *validator.Schema, text []byte) error {
	value, err := validator.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func valid(t testing.TB, schema *validator.Schema, text []byte) {
	t.Helper()
	if err := validate(schema, text); err != nil {
		t.Errorf("the log is not valid SARIF: %v\n%s", err, text)
	}
}

func TestEncode(t *testing.T) {
	var b bytes.Buffer
	if err := Encode(&b, sample(t)); err != nil {
		t.Fatal(err)
	}
	valid(t, official(t), b.Bytes())
	const file = "testdata/report.sarif"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s is not what is encoded now; look at the difference after go test ./internal/report/sarif -update", file)
	}
}

func TestEncodeEmptyReport(t *testing.T) {
	text := encoded(t, &report.Report{}, gitHub())
	valid(t, official(t), text)
	if r := decode(t, text); r.Invocations[0].ExecutionSuccessful {
		t.Error("a report without a verdict counts as carried out")
	}
}

// TestValidRefuses proves that the schema is looked at.
func TestValidRefuses(t *testing.T) {
	good := string(encoded(t, sample(t), gitHub()))
	schema := official(t)
	for old, replacement := range map[string]string{
		`"level": "error"`:         `"level": "fatal"`,
		`"baselineState": "new"`:   `"baselineState": "fresh"`,
		`"startLine": 9`:           `"startLine": 0`,
		`"version": "2.1.0"`:       `"version": "2.2.0"`,
		`"executionSuccessful": f`: `"executionSucceeded": f`,
	} {
		bad := strings.Replace(good, old, replacement, 1)
		if bad == good {
			t.Fatalf("the sample has no %s", old)
		}
		if validate(schema, []byte(bad)) == nil {
			t.Errorf("%s is accepted", replacement)
		}
	}
}

func TestResults(t *testing.T) {
	r := decode(t, encoded(t, sample(t), gitHub()))
	var got strings.Builder
	seen := map[string]bool{}
	for _, res := range r.Results {
		at := res.Locations[0].PhysicalLocation
		line := 0
		if at.Region != nil {
			line = at.Region.StartLine
		}
		fmt.Fprintf(&got, "%s %s %s %s:%d\n", res.BaselineState, res.Level, res.RuleID, at.ArtifactLocation.URI, line)
		if id := r.Tool.Driver.Rules[res.RuleIndex].ID; id != res.RuleID {
			t.Errorf("the index of %s leads to %s", res.RuleID, id)
		}
		for _, f := range res.PartialFingerprints {
			if seen[f] {
				t.Errorf("two results have the fingerprint %s", f)
			}
			seen[f] = true
		}
	}
	// Findings of base come last, removed ones not at all; what had to be
	// evaluated and was not comes first.
	want := `new error penstock/not-evaluated .penstock.yaml:0
new error penstock/not-evaluated apps/overlays/staging/kustomization.yaml:0
new error deletions/persistent-volume-claim apps/overlays/production/kustomization.yaml:0
new error dryrun/immutable-field apps/base/web.yaml:9
new error images/no-latest-tag apps/overlays/production/patch%20%231.yaml:12
new error images/no-latest-tag apps/base/web.yaml:21
new warning reliability/replicas apps/base/web.yaml:0
new note repository/configuration-changed .penstock.yaml:0
unchanged warning reliability/replicas apps/base/old.yaml:2
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &got, want)
	}
}

func TestNotifications(t *testing.T) {
	v := decode(t, encoded(t, sample(t), gitHub())).Invocations[0]
	if v.ExecutionSuccessful {
		t.Error("a run with a stage that failed counts as carried out")
	}
	var levels []string
	for _, n := range v.ToolExecutionNotifications {
		levels = append(levels, n.Level)
		if id := kinds()[n.Descriptor.Index].id; id != n.Descriptor.ID {
			t.Errorf("the index of %s leads to %s", n.Descriptor.ID, id)
		}
	}
	if got := strings.Join(levels, " "); got != "error error warning warning note" {
		t.Errorf("levels are %s", got)
	}
	unknown := &report.Report{Verdict: verdict.Verdict{Outcome: verdict.Pass}, NotEvaluated: []verdict.Entry{{Stage: verdict.StageDryRun, Reason: "tomorrow"}}}
	v = decode(t, encoded(t, unknown, gitHub())).Invocations[0]
	if v.ExecutionSuccessful || v.ToolExecutionNotifications[0].Descriptor.ID != notEvaluated {
		t.Errorf("an unknown reason gives %+v", v)
	}
}

// TestUndecidedIsNeverClean: whatever leaves the verdict undecided is a result,
// since code scanning shows nothing else.
func TestUndecidedIsNeverClean(t *testing.T) {
	for name, r := range map[string]*report.Report{
		"no rules":          {Verdict: verdict.Verdict{Outcome: verdict.Undecided, Reasons: []string{"no policy rule was loaded"}}},
		"a failed render":   {NotEvaluated: []verdict.Entry{{Environment: "a", Stage: verdict.StageRender, Reason: verdict.NeedsNetwork}}},
		"a failed rule":     {NotEvaluated: []verdict.Entry{{Environment: "a", Stage: verdict.StagePolicy, Reason: verdict.Failed, Object: verdict.Object{Kind: "X"}}}},
		"an unknown reason": {NotEvaluated: []verdict.Entry{{Stage: verdict.StagePolicy, Reason: "new"}}},
	} {
		r.Verdict.Outcome = verdict.Undecided
		got := decode(t, encoded(t, r, gitHub()))
		if len(got.Results) != 1 || got.Results[0].Level != "error" || got.Invocations[0].ExecutionSuccessful {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	passed := &report.Report{Verdict: verdict.Verdict{Outcome: verdict.Pass}, NotEvaluated: []verdict.Entry{
		{Environment: "a", Stage: verdict.StageDryRun, Reason: verdict.UnknownKind, Object: verdict.Object{Kind: "X", Name: "x"}}}}
	got := decode(t, encoded(t, passed, gitHub()))
	if len(got.Results) != 0 || len(got.Invocations[0].ToolExecutionNotifications) != 1 || !got.Invocations[0].ExecutionSuccessful {
		t.Errorf("what is shown and does not block gives %+v", got)
	}
}

func TestLimits(t *testing.T) {
	schema := official(t)
	r := sample(t)
	for i := range 300 {
		f := r.Findings[3]
		f.Fingerprint = fmt.Sprintf("%032x", i*7919)
		f.Message = fmt.Sprintf("warning %d", i)
		r.Findings = append(r.Findings, f)
		r.NotEvaluated = append(r.NotEvaluated, r.NotEvaluated[1])
	}
	tests := []struct {
		name        string
		max         limits
		results     int
		notices     int
		firstNotice string
	}{
		{"all fit", gitHub(), 309, 305, "Not evaluated"},
		{"results", limits{results: 100, bytes: 1 << 20, notifications: 1000}, 100, 306, "100 of 309 results are shown"},
		{"bytes", limits{results: 1000, bytes: 9_000, notifications: 10}, -1, 12, " of 309 results are shown"},
		{"notifications", limits{results: 1000, bytes: 1 << 20, notifications: 4}, 309, 5, "4 of 305 notifications"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := encoded(t, r, tt.max)
			valid(t, schema, text)
			if size := compressedSize(text); size > tt.max.bytes {
				t.Errorf("the log has %d bytes, more than %d", size, tt.max.bytes)
			}
			got := decode(t, text)
			if n := len(got.Results); tt.results >= 0 && n != tt.results || n < 5 {
				t.Errorf("%d results, want %d", n, tt.results)
			}
			notices := got.Invocations[0].ToolExecutionNotifications
			if len(notices) != tt.notices || !strings.Contains(notices[0].Message.Text, tt.firstNotice) {
				t.Errorf("%d notifications, first %q", len(notices), notices[0].Message.Text)
			}
			for _, res := range got.Results[:4] {
				if res.Level != "error" {
					t.Errorf("a %s comes before errors that were cut", res.Level)
				}
			}
		})
	}
}

func TestURIs(t *testing.T) {
	for file, want := range map[string]string{
		"a/b.yaml": "a/b.yaml", "a b#c?d%.yaml": "a%20b%23c%3Fd%25.yaml", "x:y/z.yaml": "./x:y/z.yaml", "ü.yaml": "%C3%BC.yaml", `a\b"`: "a%5Cb%22",
	} {
		at := place(&report.Report{}, &verdict.Location{File: file, Line: 1}, "", verdict.Object{})
		if got := at.PhysicalLocation.ArtifactLocation.URI; got != want {
			t.Errorf("%s gives %s, want %s", file, got, want)
		}
	}
	for _, tt := range []struct {
		root config.Root
		want string
	}{
		{config.Root{Kind: config.Helm, Path: "charts/web"}, "charts/web/Chart.yaml"},
		{config.Root{Kind: config.Directory, Path: "k8s"}, "k8s"},
		{config.Root{Kind: config.Directory, Path: "."}, config.FileName},
		{config.Root{Kind: config.Kustomize, Path: "."}, "kustomization.yaml"},
	} {
		if got := rootFile(tt.root); got != tt.want {
			t.Errorf("%+v gives %s, want %s", tt.root, got, tt.want)
		}
	}
}

func TestRules(t *testing.T) {
	r := &report.Report{Rules: []verdict.Rule{{ID: "a/b-c", Level: verdict.Note, HelpURL: "javascript:alert(1)", Description: strings.Repeat("é", 2000), Tags: make([]string, 30)}}} // the first two are the same
	for i := range r.Rules[0].Tags {
		r.Rules[0].Tags[i] = fmt.Sprint("tag", max(i, 1))
	}
	text := encoded(t, r, gitHub())
	valid(t, official(t), text)
	rule := decode(t, text).Tool.Driver.Rules[0]
	if rule.Name != "ABC" || rule.HelpURI != "" || rule.ShortDescription.Text != "a/b-c" || len([]rune(rule.FullDescription.Text)) != maxDescription {
		t.Errorf("got %+v", rule)
	}
	if tags := rule.Properties["tags"].([]any); len(tags) != maxTags {
		t.Errorf("%d tags", len(tags))
	}
	if rule.Properties["problem.severity"] != "recommendation" {
		t.Errorf("properties are %v", rule.Properties)
	}
}

// FuzzEncode: whatever a message, a name or a path holds, the log is valid.
func FuzzEncode(f *testing.F) {
	f.Add("message", "file.yaml", 3, "name", "error")
	f.Add("[a](b) {0} \x00\xff", "a b:%zz", -1, "", "")
	f.Add("", "", 0, "\u2028", "off")
	schema := official(f)
	f.Fuzz(func(t *testing.T, text, file string, line int, name, level string) {
		r := &report.Report{
			Verdict: verdict.Verdict{Outcome: verdict.Undecided, Reasons: []string{text}},
			Rules:   []verdict.Rule{{ID: name, Title: text, Level: verdict.Level(level), HelpURL: "https://" + file}},
			Findings: []verdict.Finding{{Rule: name, Level: verdict.Level(level), Message: text, Environment: name, Baseline: verdict.New,
				Location: &verdict.Location{File: file, Line: line}, Object: verdict.Object{Kind: name, Name: text}}},
			NotEvaluated: []verdict.Entry{{Environment: name, Stage: verdict.Stage(level), Reason: verdict.Reason(level), Detail: text}},
		}
		valid(t, schema, encoded(t, r, gitHub()))
	})
}
