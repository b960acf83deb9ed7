package json

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/jsonschema"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

var update = flag.Bool("update", false, "rewrite testdata/report.json and docs/report.schema.json")

const (
	schemaID   = "https://penstock.dev/schemas/report-v1.json"
	schemaFile = "../../../docs/report.schema.json"
	goldenFile = "testdata/report.json"
)

// sample is a report with every field in use. Its golden file is the input of
// the tests of the other encoders.
func sample() *report.Report {
	web := verdict.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web"}
	data := verdict.Object{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: "shop", Name: "data"}
	at := func(file string, line int) *verdict.Location { return &verdict.Location{File: file, Line: line} }
	r := &report.Report{
		Schema: report.SchemaVersion,
		Tool:   report.Tool{Name: "Penstock", Version: "0.1.0", Kubernetes: "v1.36.3"},
		Change: report.Change{Base: "main", Head: "worktree", BaseCommit: strings.Repeat("0a", 20), Files: 4},
		Gate:   verdict.GateNew, Strict: true,
		Verdict: verdict.Verdict{Outcome: verdict.Fail, Reasons: []string{
			"production: 3 blocking findings", "staging: 1 blocking finding"}},
		Environments: []report.Environment{
			{
				Name: "production", Found: "overlays/<env>", KubernetesVersion: "1.36", Labels: map[string]string{"tier": "production"}, Outcome: verdict.Fail,
				Roots: []config.Root{
					{Kind: config.Kustomize, Path: "apps/overlays/production"},
					{Kind: config.Helm, Path: "charts/web", Values: []string{"charts/web/values-production.yaml"}, Release: "web", Namespace: "shop"},
				},
				Affected: true, Files: []string{"apps/base/web.yaml", "apps/overlays/production/patch #1.yaml"}, Objects: 12, DryRun: "embedded 1.36.3",
				Rollback: &verdict.Rollback{State: verdict.RollbackPrevented, Obstacles: []verdict.Obstacle{
					{Object: data, Message: "the data of the claim is lost", Location: at("apps/base/claim.yaml", 1)}}},
				Deltas: []report.Delta{
					{Operation: diff.Update, Object: web, Location: at("apps/base/web.yaml", 3), Effects: []verdict.Effect{verdict.Replace, verdict.Restart}, Diff: "spec.selector\n  - app: web\n  + app: web2\n"},
					{Operation: diff.Delete, Object: data, RenamedTo: "PersistentVolumeClaim shop/data-2"},
				},
			},
			{
				Name: "staging", Found: "overlays/<env>", KubernetesVersion: "1.35", Outcome: verdict.Fail,
				Rollback: &verdict.Rollback{State: verdict.RollbackNotEvaluated, Reason: verdict.Off, Detail: "the dry-run is switched off"}, Affected: true, Objects: 11,
				Roots: []config.Root{{Kind: config.Kustomize, Path: "apps/overlays/staging"}}, Files: []string{"apps/base/web.yaml"},
			},
			{Name: "default", Found: "manifests", KubernetesVersion: "1.36", Outcome: verdict.Pass, Roots: []config.Root{{Kind: config.Directory, Path: "."}}},
		},
		Findings: []verdict.Finding{
			{Rule: "dryrun/immutable-field", Level: verdict.Error, Stage: verdict.StageDryRun, Environment: "production", Operation: "UPDATE", Object: web,
				Message: "spec.selector: Invalid value: field is immutable", Path: "/spec/selector", Location: at("apps/base/web.yaml", 9), Baseline: verdict.New,
				Remediation: "Give the Deployment a new name, and delete the old one in a later change."},
			{Rule: "images/no-latest-tag", Level: verdict.Error, Stage: verdict.StagePolicy, Environment: "production", Operation: "UPDATE", Object: web,
				Message: "container \"app\" uses <image> \"web:latest\" & [more](https://example.com)\x1b[31m", Container: "app",
				Path: "/spec/template/spec/containers/0/image", Location: at("apps/overlays/production/patch #1.yaml", 12), Baseline: verdict.New},
			{Rule: "deletions/persistent-volume-claim", Level: verdict.Error, Stage: verdict.StagePolicy, Environment: "production", Operation: "DELETE", Object: data,
				Message: "the claim and its data are deleted", Baseline: verdict.New},
			{Rule: "reliability/replicas", Level: verdict.Warning, Stage: verdict.StagePolicy, Environment: "production", Operation: "UPDATE", Object: web,
				Message: "one replica: every restart is an outage", Location: at("apps/base/web.yaml", 0), Baseline: verdict.New},
			{Rule: "reliability/replicas", Level: verdict.Warning, Stage: verdict.StagePolicy, Environment: "production",
				Object:  verdict.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "old"},
				Message: "one replica: every restart is an outage", Location: at("apps/base/old.yaml", 2), Baseline: verdict.Unchanged},
			{Rule: "images/no-latest-tag", Level: verdict.Error, Stage: verdict.StagePolicy, Environment: "production",
				Object:  verdict.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "old"},
				Message: "container \"old\" uses the image \"old:latest\"", Container: "old", Location: at("apps/base/old.yaml", 20), Baseline: verdict.Absent},
			{Rule: "images/no-latest-tag", Level: verdict.Error, Stage: verdict.StagePolicy, Environment: "staging", Operation: "UPDATE", Object: web,
				Message: "container \"app\" uses the image \"web:latest\"", Container: "app", Location: at("apps/base/web.yaml", 21), Baseline: verdict.New},
			{Rule: "repository/configuration-changed", Level: verdict.Note, Stage: verdict.StagePolicy, Message: "the change touches .penstock.yaml", Baseline: verdict.New},
		},
		NotEvaluated: []verdict.Entry{
			{Stage: verdict.StageDiscover, Object: verdict.Object{Kind: "Submodule", Name: "vendor/lib"}, Reason: verdict.Unsupported, Detail: "submodules are not read."},
			{Environment: "production", Stage: verdict.StageDryRun, Object: verdict.Object{APIVersion: "example.com/v1", Kind: "Widget", Namespace: "shop", Name: "w"},
				Reason: verdict.UnknownKind, Detail: "no CustomResourceDefinition has this kind.", Location: at("apps/base/widget.yaml", 1)},
			{Environment: "production", Stage: verdict.StageDryRun, Object: verdict.Object{APIVersion: "example.com/v1", Kind: "Widget", Namespace: "shop", Name: "x"},
				Reason: verdict.UnknownKind, Detail: "no CustomResourceDefinition has this kind.", Location: at("apps/base/widget.yaml", 9)},
			{Environment: "staging", Stage: verdict.StagePolicy, Object: web, Reason: verdict.Failed, Detail: "the rule images/digest-required could not be evaluated: eval_conflict_error"},
			{Environment: "staging", Stage: verdict.StageDryRun, Reason: verdict.Off, Detail: "the dry-run is switched off"},
		},
		Rules: []verdict.Rule{
			{ID: "deletions/persistent-volume-claim", Title: "A claim is deleted", Description: "Deleting a PersistentVolumeClaim deletes its data.",
				Remediation: "Keep the claim, or add the waiver.", Level: verdict.Error, Tags: []string{"data-loss"}, Source: "built-in"},
			{ID: "images/no-latest-tag", Title: "Images have a tag other than latest", Description: "What latest means changes without a change here.\n\nA second paragraph.",
				Remediation: "Name a version.", Level: verdict.Error, Tags: []string{"security", "images"}, Source: "built-in", HelpURL: "https://penstock.dev/rules/images/no-latest-tag"},
			{ID: "reliability/replicas", Title: "Two replicas in production", Level: verdict.Warning, Source: "policies/replicas.rego"},
		},
		Unowned: []string{"README.md"},
		Counts: report.Counts{Environments: 3, Affected: 2, Objects: 23, Updated: 1, Deleted: 1, Restarted: 1, Errors: 4, Warnings: 1, Notes: 1, Existing: 1, Rules: 3,
			Evaluated:    map[verdict.Stage]int{verdict.StageRender: 2, verdict.StagePolicy: 22, verdict.StageDryRun: 10},
			NotEvaluated: map[verdict.Stage]int{verdict.StageDiscover: 1, verdict.StagePolicy: 1, verdict.StageDryRun: 3}},
		Timing: report.Timing{Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seconds: 4.25,
			Stages: []report.StageTiming{{Stage: "render", Seconds: 1.5}}},
	}
	for i := range r.Findings {
		r.Findings[i].Fingerprint = verdict.Fingerprint(r.Findings[i])
	}
	return r
}

func encode(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// golden compares with a file, which -update rewrites.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
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
		t.Errorf("%s is not what is encoded now; look at the difference after go test ./internal/report/json -update", file)
	}
}

func TestEncode(t *testing.T) {
	text := encode(t, sample())
	golden(t, goldenFile, text)
	var back report.Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, sample()) {
		t.Error("decoding does not give the report back")
	}
}

func TestEncodeHasNoNulls(t *testing.T) {
	r := &report.Report{Environments: []report.Environment{{}}}
	text := encode(t, r)
	if strings.Contains(string(text), "null") {
		t.Errorf("got\n%s", text)
	}
	if r.Findings != nil || r.Environments[0].Roots != nil {
		t.Error("the report was changed")
	}
}

// schema is made from the Go types and their doc comments, which lie in
// several packages and are read from the source.
func schema(t *testing.T) []byte {
	t.Helper()
	docs, err := jsonschema.ReadDocs(os.DirFS("../../.."), "internal/report", "internal/verdict", "internal/config", "internal/diff")
	if err != nil {
		t.Fatal(err)
	}
	text, err := jsonschema.Generate(reflect.TypeFor[report.Report](), jsonschema.Options{
		ID:          schemaID,
		Title:       "Penstock report",
		Description: "The document of one run, version " + report.SchemaVersion + ". Within a version, fields are only added.",
		Tag:         "json",
		Docs:        docs,
		Enums: map[reflect.Type][]string{
			reflect.TypeFor[verdict.Outcome]():       {"pass", "fail", "undecided"},
			reflect.TypeFor[verdict.Gate]():          {"new", "all"},
			reflect.TypeFor[verdict.Effect]():        {"restart", "replace", "no-op"},
			reflect.TypeFor[verdict.RollbackState](): {"possible", "prevented", "not-evaluated"},
			reflect.TypeFor[verdict.Level]():         {"error", "warning", "note"},
			reflect.TypeFor[verdict.Baseline]():      {"new", "unchanged", "absent"},
			reflect.TypeFor[verdict.Stage]():         {"discover", "render", "policy", "dry-run"},
			reflect.TypeFor[diff.Operation]():        {"CREATE", "UPDATE", "DELETE"},
			reflect.TypeFor[config.RootKind]():       {"kustomize", "helm", "directory"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPublishedSchema(t *testing.T) {
	golden(t, schemaFile, schema(t))
}

func TestSchemaDescribesReports(t *testing.T) {
	doc, err := validator.UnmarshalJSON(bytes.NewReader(schema(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource(schemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text string) error {
		value, err := validator.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(value)
	}
	good := string(encode(t, sample()))
	empty := &report.Report{Gate: verdict.GateNew, Verdict: verdict.Verdict{Outcome: verdict.Undecided}}
	for _, text := range []string{good, string(encode(t, empty))} {
		if err := validate(text); err != nil {
			t.Error(err)
		}
	}
	for old, replacement := range map[string]string{
		`"outcome": "fail"`:        `"outcome": "neutral"`,
		`"baseline": "new"`:        `"baseline": "fresh"`,
		`"gate": "new"`:            `"gate": "old"`,
		`"state": "prevented"`:     `"state": "lost"`,
		`"restart"`:                `"reboot"`,
		`"files": 4`:               `"files": "four"`,
		`"unowned": [`:             `"owned": [`,
		`"operation": "DELETE",`:   `"operation": "REMOVE",`,
		`"dry-run": 10`:            `"wet-run": 10`,
		`"kubernetes": "v1.36.3"`:  `"kubernetes": 1.36`,
		`"reason": "unknown-kind"`: `"reason": false`,
	} {
		bad := strings.Replace(good, old, replacement, 1)
		if bad == good {
			t.Fatalf("the sample has no %s", old)
		}
		if validate(bad) == nil {
			t.Errorf("%s is accepted", replacement)
		}
	}
}
