package render_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/child"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/render"
	"golang.org/x/tools/txtar"
)

func TestMain(m *testing.M) {
	if child.Role() == render.Role {
		os.Exit(render.Main(context.Background(), os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// tree reads testdata/NAME.txtar as a file system.
func tree(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, f := range archive.Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

func pool(t testing.TB, opts render.PoolOptions) *render.Pool {
	t.Helper()
	p := render.NewPool(opts)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func kustomization(dir string) config.Environment {
	return config.Environment{Name: dir, KubernetesVersion: "1.35", Roots: []config.Root{{Kind: config.Kustomize, Path: dir}}}
}

func renderAll(t testing.TB, p *render.Pool, fsys fs.FS, env config.Environment) render.Result {
	t.Helper()
	result, err := p.Render(t.Context(), fsys, env)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func object(t *testing.T, r render.Result, kind, name string) *manifest.Object {
	t.Helper()
	for _, o := range r.Objects.All() {
		if o.ID().Kind == kind && o.ID().Name == name {
			return o
		}
	}
	t.Fatalf("there is no %s %s: %v, errors %v", kind, name, ids(r), r.Errors)
	return nil
}

func ids(r render.Result) []string {
	var out []string
	for _, o := range r.Objects.All() {
		out = append(out, o.ID().String())
	}
	return out
}

func TestKustomizeKnowsWhereValuesCameFrom(t *testing.T) {
	result := renderAll(t, pool(t, render.PoolOptions{}), tree(t, "kustomize"), kustomization("overlays/prod"))
	web := object(t, result, "Deployment", "prod-web")
	for pointer, want := range map[string]manifest.Position{
		"/spec/template/spec/containers/0/image":                      {File: "base/web.yaml", Line: 10},
		"/spec/replicas":                                              {File: "overlays/prod/replicas.yaml", Line: 5},
		"/spec/template/spec/containers/0/securityContext/privileged": {File: "overlays/prod/kustomization.yaml", Line: 16},
		"/spec/template/spec/priorityClassName":                       {File: "components/priority/patch.yaml", Line: 7},
	} {
		if got := web.Locate(pointer); got != want {
			t.Errorf("Locate(%s) = %v, want %v", pointer, got, want)
		}
	}
	owners := web.Origin().Owners
	if len(owners) != 2 || owners[0].Path != "overlays/prod" || owners[1].Path != "base" {
		t.Errorf("owners: %+v", owners)
	}
	generated := slices.IndexFunc(result.Objects.All(), func(o *manifest.Object) bool { return o.ID().Kind == "ConfigMap" })
	if got := result.Objects.All()[generated].Origin().Position; got != (manifest.Position{File: "overlays/prod/kustomization.yaml", Line: 18}) {
		t.Errorf("the generated ConfigMap is at %v", got)
	}
	if result.Objects.Len() != 3 || len(result.Errors) != 0 {
		t.Errorf("got %v, %v", ids(result), result.Errors)
	}
}

func TestHelmChartsOfKustomizations(t *testing.T) {
	result := renderAll(t, pool(t, render.PoolOptions{}), tree(t, "kustomize"), kustomization("charted"))
	cm := object(t, result, "ConfigMap", "app-config-suffix")
	data, _ := cm.Fields()["data"].(map[string]any)
	want := map[string]any{"file": "from values.prod.yaml", "inline": "from inline", "version": "v1.35.0"}
	if !equal(t, data, want) {
		t.Errorf("got %v, want %v", data, want)
	}
	if got := cm.Origin().File; got != "charted/kustomization.yaml" {
		t.Errorf("it came from %s", got)
	}
}

func equal(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}

func TestHelmRoot(t *testing.T) {
	env := config.Environment{Name: "prod", KubernetesVersion: "1.34", Roots: []config.Root{{
		Kind: config.Helm, Path: "charted/charts/app", Release: "rel", Values: []string{"charted/values.prod.yaml"},
	}}}
	result := renderAll(t, pool(t, render.PoolOptions{}), tree(t, "kustomize"), env)
	cm := object(t, result, "ConfigMap", "rel-config")
	data, _ := cm.Fields()["data"].(map[string]any)
	if !equal(t, data, map[string]any{"file": "from values.prod.yaml", "inline": "default", "version": "v1.34.0"}) {
		t.Errorf("got %v", data)
	}
	if got := cm.Origin().Position; got != (manifest.Position{File: "charted/charts/app/templates/config.yaml", Line: 2}) {
		t.Errorf("it is at %v", got)
	}
}

// Hooks that install or upgrade a release are applied; tests never are.
func TestHelmHooks(t *testing.T) {
	hook := func(name, events string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", annotations: {helm.sh/hook: \"" + events + "\"}}\n---\n"
	}
	fsys := fstest.MapFS{
		"app/Chart.yaml":           {Data: []byte("apiVersion: v2\nname: app\nversion: 1.0.0\n")},
		"app/templates/hooks.yaml": {Data: []byte(hook("migrate", "pre-install,pre-upgrade") + hook("test", "test") + hook("old-test", "test-success") + hook("both", "post-install,test") + hook("clean", "pre-delete"))},
	}
	env := config.Environment{Name: "x", KubernetesVersion: "1.36", Roots: []config.Root{{Kind: config.Helm, Path: "app"}}}
	result := renderAll(t, pool(t, render.PoolOptions{}), fsys, env)
	if got := ids(result); !slices.Equal(got, []string{"Pod both", "Pod clean", "Pod migrate"}) || len(result.Errors) > 0 {
		t.Errorf("got %v, %v", got, result.Errors)
	}
}

func TestPlainDirectory(t *testing.T) {
	env := config.Environment{Name: "plain", Roots: []config.Root{{Kind: config.Directory, Path: "plain"}}}
	result := renderAll(t, pool(t, render.PoolOptions{}), tree(t, "kustomize"), env)
	if got := ids(result); !slices.Equal(got, []string{"ConfigMap a", "ConfigMap b"}) || len(result.Errors) > 0 {
		t.Errorf("got %v, %v", got, result.Errors)
	}
}

func TestWhatCannotRender(t *testing.T) {
	p := pool(t, render.PoolOptions{})
	for _, tt := range []struct {
		root   config.Root
		reason verdict.Reason
		at     string
		hint   string
	}{
		{config.Root{Kind: config.Kustomize, Path: "remote"}, verdict.NeedsNetwork, "remote/kustomization.yaml:2", "vendor"},
		{config.Root{Kind: config.Kustomize, Path: "missing"}, verdict.Failed, "missing/kustomization.yaml:1", "path"},
		{config.Root{Kind: config.Kustomize, Path: "outside"}, verdict.Failed, "outside/kustomization.yaml:1", "repository"},
		{config.Root{Kind: config.Kustomize, Path: "fetched"}, verdict.NeedsNetwork, "fetched/kustomization.yaml:2", "helm pull"},
		{config.Root{Kind: config.Kustomize, Path: "field"}, verdict.Failed, "field/kustomization.yaml", "kustomize build"},
		{config.Root{Kind: config.Directory, Path: "broken"}, verdict.Failed, "broken/a.yaml:4", ""},
		{config.Root{Kind: config.Directory, Path: "mixed"}, verdict.Failed, "mixed/a.yaml:5", ""},
		{config.Root{Kind: config.Directory, Path: "twice"}, verdict.Failed, "twice/b.yaml:1", "remove one"},
	} {
		result := renderAll(t, p, tree(t, "errors"), config.Environment{Name: "x", Roots: []config.Root{tt.root}})
		if len(result.Errors) != 1 {
			t.Errorf("%s: got %v, errors %v", tt.root.Path, ids(result), result.Errors)
			continue
		}
		e := result.Errors[0]
		if e.Reason != tt.reason || !strings.Contains(e.Msg, tt.at) || !strings.Contains(e.Hint, tt.hint) {
			t.Errorf("%s: got %s %q, hint %q", tt.root.Path, e.Reason, e.Msg, e.Hint)
		}
	}
}

// A build that changes what Kustomize keeps for the process must not change
// another one, whatever the order and the number of workers.
func TestBuildsDoNotTouchEachOther(t *testing.T) {
	fsys := tree(t, "kustomize")
	dirs := []string{"overlays/prod", "charted", "poison", "base"}
	alone := map[string]string{}
	for _, dir := range dirs {
		alone[dir] = bytesOf(t, renderAll(t, pool(t, render.PoolOptions{Workers: 1}), fsys, kustomization(dir)))
	}
	for _, workers := range []int{1, 3} {
		p := pool(t, render.PoolOptions{Workers: workers})
		var wait sync.WaitGroup
		for range 3 {
			for _, dir := range []string{"poison", "base", "overlays/prod", "poison", "charted", "base"} {
				wait.Go(func() {
					result, err := p.Render(t.Context(), fsys, kustomization(dir))
					if err != nil {
						t.Error(err)
						return
					}
					if got := bytesOf(t, result); got != alone[dir] {
						t.Errorf("%s with %d workers: got %s, alone %s", dir, workers, got, alone[dir])
					}
				})
			}
		}
		wait.Wait()
	}
}

func bytesOf(t *testing.T, r render.Result) string {
	t.Helper()
	var b strings.Builder
	for _, o := range r.Objects.All() {
		data, err := json.Marshal(o.Fields())
		if err != nil {
			t.Error(err)
		}
		b.Write(data)
	}
	for _, e := range r.Errors {
		b.WriteString(e.Msg)
	}
	return b.String()
}

// Reach must read at least what rendering reads, or a change could go unseen.
func TestReachCoversRendering(t *testing.T) {
	fsys := tree(t, "kustomize")
	p := pool(t, render.PoolOptions{})
	for _, env := range []config.Environment{
		kustomization("overlays/prod"), kustomization("charted"), kustomization("poison"), kustomization("base"),
		{Name: "plain", Roots: []config.Root{{Kind: config.Directory, Path: "plain"}}},
		{Name: "helm", Roots: []config.Root{{Kind: config.Helm, Path: "charted/charts/app", Values: []string{"charted/values.prod.yaml"}}}},
	} {
		recorder := change.NewRecorder(fsys)
		render.Reach(recorder, env)
		reach := recorder.Reads()
		for _, file := range renderAll(t, p, fsys, env).Reads.Files {
			if !slices.Contains(reach.Files, file) {
				t.Errorf("%s: rendering reads %s, Reach does not", env.Name, file)
			}
		}
	}
}

func TestCancelAndTimeout(t *testing.T) {
	fsys := tree(t, "kustomize")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pool(t, render.PoolOptions{}).Render(ctx, fsys, kustomization("base")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	result := renderAll(t, pool(t, render.PoolOptions{Timeout: time.Nanosecond}), fsys, kustomization("base"))
	if len(result.Errors) != 1 || !strings.Contains(result.Errors[0].Msg, "longer than 1ns") {
		t.Errorf("got %v", result.Errors)
	}
}

func BenchmarkKustomize(b *testing.B) {
	fsys := tree(b, "kustomize")
	p := pool(b, render.PoolOptions{Workers: 1})
	env := kustomization("overlays/prod")
	renderAll(b, p, fsys, env)
	b.ReportAllocs()
	for b.Loop() {
		renderAll(b, p, fsys, env)
	}
}
