package policies_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/policies"
)

// TestLibraryLoads checks what Load demands of built-in rules: METADATA with an
// id, severity, description and remediation.
func TestLibraryLoads(t *testing.T) {
	engine, err := policies.Load(t.Context(), policies.Library())
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

// TestLibraryRego runs the tests that stand beside the rules. A rule without a
// test, and a test that fails, errs or is skipped, fail here.
func TestLibraryRego(t *testing.T) {
	source := policies.Library()
	files := map[string]bool{}
	err := fs.WalkDir(source.FS, source.Dir, func(p string, _ fs.DirEntry, err error) error {
		files[p] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for p := range files {
		if dir, ok := strings.CutSuffix(p, "/rule.rego"); ok && !files[dir+"/rule_test.rego"] {
			t.Errorf("%s has no rule_test.rego", p)
		}
	}
	report, err := policies.Test(t.Context(), policies.Testing{Sources: []policies.Source{source}})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range report.Bad() {
		t.Error(bad)
	}
	for _, lacking := range report.Metadata {
		t.Error(lacking)
	}
	t.Logf("%d tests", len(report.Tests))
}
