package dryrun_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/child"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the server says into testdata")

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "kube-apiserver" {
		os.Exit(kubeAPIServer(os.Args[1:]))
	}
	if child.Role() == apiserver.Role {
		os.Exit(apiserver.Main(context.Background(), os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// TestAnswers tries each change of testdata, one after the other on the same
// server, and compares all that is said of it.
func TestAnswers(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	files, err := filepath.Glob("testdata/*.txtar")
	// What these say of a live cluster depends on what it has learnt as yet.
	own, _ := filepath.Glob("testdata/embedded/*.txtar")
	files = append(files, own...)
	if err != nil || len(own) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := input(t, archive)
			result, err := runner.Try(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, file, archive, transcript(in, result))
		})
	}
}

func newRunner(t testing.TB, opts dryrun.Options) *dryrun.Runner {
	t.Helper()
	runner, err := dryrun.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := runner.Close(); err != nil {
			t.Error(err)
		}
	})
	return runner
}

// input is the change from base.yaml to head.yaml.
func input(t testing.TB, archive *txtar.Archive) dryrun.Input {
	t.Helper()
	in := dryrun.Input{
		Environment: config.Environment{Name: "prod", KubernetesVersion: "1.36"},
		Base:        set(t, archive, "base.yaml"), Head: set(t, archive, "head.yaml"), Definitions: set(t, archive, "crds.yaml"),
	}
	// Who applies it, and the options: "argocd Replace=true".
	if by := strings.Fields(text(archive, "applier.txt")); len(by) > 0 {
		in.Environment.AppliedBy, in.Environment.ApplyOptions = by[0], by[1:]
	}
	in.Deltas = diff.Compare(in.Base, in.Head)
	return in
}

func set(t testing.TB, archive *txtar.Archive, name string) *manifest.Set {
	t.Helper()
	var objects []*manifest.Object
	for _, f := range archive.Files {
		if f.Name != name {
			continue
		}
		docs, err := manifest.Decode(name, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			found, err := manifest.Objects(d)
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, found...)
		}
	}
	s, err := manifest.NewSet(objects...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// transcript is a result as text: the findings with their places, what was not
// tried, how many objects were, what the change does beside changing them, and
// whether it can be undone.
func transcript(in dryrun.Input, r dryrun.Result) string {
	var b strings.Builder
	verdict.SortFindings(r.Findings)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s %s %s", f.Level, f.Rule, f.Baseline, object(f.Object))
		if f.Container != "" {
			fmt.Fprintf(&b, " container %s", f.Container)
		}
		fmt.Fprintf(&b, "\n  %s %s\n  %s\n", spot(f.Location), f.Path, f.Message)
	}
	verdict.SortLedger(r.Entries)
	tried := 0
	for _, e := range r.Entries {
		if e.Evaluated() {
			tried++
			if e.Detail != "" {
				fmt.Fprintf(&b, "%s\n  %s\n", object(e.Object), e.Detail)
			}
			continue
		}
		fmt.Fprintf(&b, "not tried (%s) %s\n  %s %s\n", e.Reason, object(e.Object), spot(e.Location), e.Detail)
	}
	fmt.Fprintf(&b, "tried %d on %s\n", tried, r.Backend)
	for n, effects := range r.Effects {
		for _, e := range effects {
			fmt.Fprintf(&b, "%s %s\n", e, in.Deltas[n].ID())
		}
	}
	if r.Rollback != nil {
		fmt.Fprintf(&b, "rollback %s\n", strings.TrimSpace(string(r.Rollback.State)+" "+r.Rollback.Detail))
	}
	return b.String()
}

func object(o verdict.Object) string {
	return strings.Join(slices.DeleteFunc([]string{o.Kind, o.Namespace, o.Name}, func(s string) bool { return s == "" }), " ")
}

func spot(l *verdict.Location) string {
	if l == nil {
		return "-"
	}
	return fmt.Sprintf("%s:%d", l.File, l.Line)
}

// compare checks the file want.txt of an archive, or writes it.
func compare(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	at := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want.txt" })
	if at < 0 {
		archive.Files = append(archive.Files, txtar.File{Name: "want.txt"})
		at = len(archive.Files) - 1
	}
	if *update {
		archive.Files[at].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := string(archive.Files[at].Data); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
