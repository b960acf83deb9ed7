package policies_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/policies"
	"golang.org/x/tools/txtar"
)

// TestConstraints runs what is in testdata/constraints. The files below policies
// are those of a directory of policies; base.yaml and head.yaml are the
// environment, and equal where head.yaml is missing. A line of want is a
// finding, or what was not evaluated; severities sets levels.
func TestConstraints(t *testing.T) {
	files, err := filepath.Glob("testdata/constraints/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := judgeArchive(t, archive)
			if want := text(archive, "want"); got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

func text(archive *txtar.Archive, name string) string {
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// judgeArchive writes what the policies of an archive say of its environment.
func judgeArchive(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	engine, err := loadArchive(t.Context(), archive)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	env := config.Environment{Name: "prod", Severities: map[string]string{}}
	for _, line := range strings.Fields(text(archive, "severities")) {
		id, severity, _ := strings.Cut(line, "=")
		env.Severities[id] = severity
	}
	base := objects(t, "base.yaml", text(archive, "base.yaml"))
	head := base
	if slices.ContainsFunc(archive.Files, func(f txtar.File) bool { return f.Name == "head.yaml" }) {
		head = objects(t, "head.yaml", text(archive, "head.yaml"))
	}
	var out string
	for workers := 1; workers <= 4; workers += 3 {
		result, err := engine.Evaluate(t.Context(), policies.Input{Environment: env, Base: base, Head: head, Deltas: diff.Compare(base, head), Now: time.Unix(0, 0), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if said := lines(result); out == "" || out == said {
			out = said
		} else {
			t.Errorf("with one worker:\n%swith %d:\n%s", out, workers, said)
		}
	}
	return out
}

func loadArchive(ctx context.Context, archive *txtar.Archive) (*policies.Engine, error) {
	fsys := fstest.MapFS{"policies/.keep": {}}
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, "policies/") {
			fsys[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return policies.Load(ctx, policies.Source{Name: "policies", FS: fsys, Dir: "policies"})
}

func objects(t *testing.T, file, text string) *manifest.Set {
	t.Helper()
	read, err := manifest.Read(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.NewSet(read...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines are the findings and the entries that were not evaluated.
func lines(result policies.Result) string {
	var out strings.Builder
	for _, f := range result.Findings {
		place := "nowhere"
		if f.Location != nil {
			place = fmt.Sprintf("%s:%d", f.Location.File, f.Location.Line)
		}
		fmt.Fprintf(&out, "%s %s %s %s/%s", f.Baseline, f.Level, f.Rule, f.Object.Kind, f.Object.Name)
		if f.Container != "" {
			fmt.Fprintf(&out, " container %s", f.Container)
		}
		fmt.Fprintf(&out, " %s: %s\n", place, f.Message)
	}
	for _, e := range result.Entries {
		if !e.Evaluated() {
			fmt.Fprintf(&out, "%s %s/%s: %s\n", e.Reason, e.Object.Kind, e.Object.Name, e.Detail)
		}
	}
	return out.String()
}
