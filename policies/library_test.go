package policies_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/penstock-dev/penstock/policies"
)

// TestLibraryLoads checks what Load demands of built-in rules: METADATA with an
// id, severity, description and remediation.
func TestLibraryLoads(t *testing.T) {
	engine, err := policies.Load(policies.Library())
	if err != nil {
		t.Fatal(err)
	}
	if len(engine.Rules()) == 0 {
		t.Error("the library has no rules")
	}
	for _, r := range engine.Rules() {
		if r.Title == "" || !strings.Contains(r.ID, "/") {
			t.Errorf("%+v", r)
		}
	}
}

// TestLibraryRego runs the tests that stand beside the rules. A test that
// fails, errors or is skipped fails here.
func TestLibraryRego(t *testing.T) {
	modules := map[string]*ast.Module{}
	source := policies.Library()
	tests := map[string]bool{}
	err := fs.WalkDir(source.FS, source.Dir, func(p string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, ".rego") {
			return err
		}
		data, err := fs.ReadFile(source.FS, p)
		if err != nil {
			return err
		}
		modules[p], err = ast.ParseModuleWithOpts(p, string(data), ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1})
		if strings.HasSuffix(p, "_test.rego") {
			tests[strings.TrimSuffix(p, "_test.rego")] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for p := range modules {
		if strings.HasSuffix(p, "/rule.rego") && !tests[strings.TrimSuffix(p, ".rego")] {
			t.Errorf("%s has no rule_test.rego", p)
		}
	}
	results, err := tester.NewRunner().SetCompiler(ast.NewCompiler().WithEnablePrintStatements(true)).
		SetStore(inmem.New()).SetModules(modules).SetTimeout(30*time.Second).RaiseBuiltinErrors(true).RunTests(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for r := range results {
		ran++
		if !r.Pass() {
			t.Errorf("%s: %s.%s: fail=%v error=%v", r.Location, r.Package, r.Name, r.Fail, r.Error)
		}
	}
	if ran == 0 {
		t.Error("no test ran")
	}
	t.Logf("%d tests", ran)
}
