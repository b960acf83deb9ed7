package pipeline_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/child"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

func TestMain(m *testing.M) {
	if child.Role() == render.Role {
		os.Exit(render.Main(context.Background(), os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// repository has three environments: two overlays on one base, one of them with
// a component, and a chart with values.
func repository() map[string]string {
	const object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: shop}\ndata: {a: b}\n"
	named := func(name string) string { return strings.Replace(object, "NAME", name, 1) }
	return map[string]string{
		"base/kustomization.yaml":          "resources: [one.yaml, more]\n",
		"base/one.yaml":                    named("one"),
		"base/more/kustomization.yaml":     "resources: [two.yaml]\n",
		"base/more/two.yaml":               named("two"),
		"base/unread.yaml":                 named("unread"),
		"parts/kustomization.yaml":         "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: patch.yaml}]\n",
		"parts/patch.yaml":                 "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: shop}\ndata: {c: d}\n",
		"overlays/dev/kustomization.yaml":  "resources: [../../base]\n",
		"overlays/prod/kustomization.yaml": "resources: [../../base]\ncomponents: [../../parts]\nconfigMapGenerator: [{name: gen, namespace: shop, files: [key=file.txt]}]\n",
		"overlays/prod/file.txt":           "text",
		"chart/Chart.yaml":                 "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
		"chart/values.yaml":                "a: b\n",
		"chart/values-stage.yaml":          "a: c\n",
		"chart/templates/cm.yaml":          strings.Replace(named("cm"), "a: b", "a: {{ .Values.a }}, f: {{ .Files.Get \"extra.txt\" | quote }}", 1),
		"chart/extra.txt":                  "extra",
		"README.md":                        "hello",
	}
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// counting counts what is rendered.
type counting struct {
	*render.Pool
	mu    *sync.Mutex
	names map[string]int
}

func (c counting) Render(ctx context.Context, fsys fs.FS, env config.Environment) (render.Result, error) {
	c.mu.Lock()
	c.names[env.Name]++
	c.mu.Unlock()
	return c.Pool.Render(ctx, fsys, env)
}

func run(t *testing.T, r pipeline.Renderer, base, head string) *report.Report {
	t.Helper()
	return runWith(t, pipeline.Options{Config: config.Default(), Renderer: r}, base, head)
}

func runWith(t *testing.T, opts pipeline.Options, base, head string) *report.Report {
	t.Helper()
	c, err := change.Open(t.Context(), change.Options{BaseDir: base, HeadDir: head})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	engine, err := policies.Load(t.Context(), policies.Library())
	if err != nil {
		t.Fatal(err)
	}
	opts.Change, opts.Now = c, time.Unix(0, 0)
	if opts.Judge == nil {
		opts.Judge = engine
	}
	result, err := pipeline.Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestAffected changes and deletes every file in turn, and compares the
// environments that a run takes for affected with those whose objects differ
// when everything is rendered. Those that are not affected are not rendered.
func TestAffected(t *testing.T) {
	files := repository()
	base := write(t, files)
	p := render.NewPool(render.PoolOptions{})
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	before := everything(t, p, base)
	if len(before) != 3 {
		t.Fatalf("got %d environments", len(before))
	}
	for name, text := range files {
		changed := repository()
		changed[name] = strings.NewReplacer("a: b", "a: z", "c: d", "c: z", "a: c", "a: z", "text", "other", "extra", "other").Replace(text)
		if changed[name] == text {
			changed[name] = text + "\n"
		}
		head := write(t, changed)
		after := everything(t, p, head)
		seen := counting{p, &sync.Mutex{}, map[string]int{}}
		r := run(t, seen, base, head)
		for _, env := range r.Environments {
			if differs := before[env.Name] != after[env.Name]; differs && !env.Affected {
				t.Errorf("%s changes %s, which is not taken for affected", name, env.Name)
			}
			if !env.Affected && len(env.Deltas) > 0 {
				t.Errorf("%s: %s is not affected and has deltas", name, env.Name)
			}
			if env.Affected && !slices.Contains(env.Files, name) {
				t.Errorf("%s: %s is affected through %v", name, env.Name, env.Files)
			}
		}
		owned := slices.ContainsFunc(r.Environments, func(e report.Environment) bool { return e.Affected })
		if unowned := slices.Contains(r.Unowned, name); unowned == owned {
			t.Errorf("%s: owned %v, unowned %v", name, owned, unowned)
		}
		if name == "chart/values-stage.yaml" && (seen.names["prod"] > 0 || seen.names["dev"] > 0) {
			t.Errorf("%s: rendered %v", name, seen.names)
		}
	}
}

// everything renders all environments of a directory.
func everything(t *testing.T, p *render.Pool, dir string) map[string]string {
	t.Helper()
	tree := os.DirFS(dir)
	envs, err := config.Default().Resolve(tree)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, env := range envs {
		result, err := p.Render(t.Context(), tree, env)
		if err != nil || len(result.Errors) > 0 {
			t.Fatalf("%s: %v %v", env.Name, err, result.Errors)
		}
		out[env.Name] = text(t, result.Objects)
	}
	return out
}

func text(t *testing.T, set *manifest.Set) string {
	t.Helper()
	var b strings.Builder
	for _, o := range set.All() {
		data, err := json.Marshal(o.Fields())
		if err != nil {
			t.Fatal(err)
		}
		b.Write(data)
	}
	return b.String()
}

func TestSameChangeGivesSameReport(t *testing.T) {
	changed := repository()
	changed["base/one.yaml"] += "immutable: true\n"
	delete(changed, "parts/patch.yaml")
	base, head := write(t, repository()), write(t, changed)
	p := render.NewPool(render.PoolOptions{Workers: 3})
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	var first string
	for range 5 {
		r := run(t, p, base, head)
		r.Timing = report.Timing{}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(data)
		} else if first != string(data) {
			t.Errorf("got %s\nand %s", data, first)
		}
	}
}

func TestWhatFluxMakesIsNotPassed(t *testing.T) {
	base := write(t, map[string]string{"clusters/prod/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"})
	head := write(t, map[string]string{
		"clusters/prod/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n",
		"clusters/prod/hr.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: app, namespace: b}\n",
	})
	p := render.NewPool(render.PoolOptions{})
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := run(t, p, base, head)
	if r.Verdict.Outcome != verdict.Undecided || !slices.ContainsFunc(r.NotEvaluated, func(e verdict.Entry) bool {
		return e.Object.Kind == "HelmRelease" && e.Reason == verdict.Unsupported && e.Location.File == "clusters/prod/hr.yaml"
	}) {
		t.Errorf("got %v, %+v", r.Verdict, r.NotEvaluated)
	}
}

// trier answers every environment in the same way.
type trier struct{ result dryrun.Result }

func (trier) Prepare(context.Context, config.Environment) {}

func (t trier) Try(_ context.Context, in dryrun.Input) (dryrun.Result, error) {
	result := t.result
	for _, d := range in.Deltas {
		result.Entries = append(result.Entries, verdict.Entry{Object: pipeline.Name(d.Current()), Stage: verdict.StageDryRun})
		result.Effects = append(result.Effects, []verdict.Effect{verdict.NoOp})
	}
	return result, nil
}

// TestRollback: what cannot be undone warns, and what was not found out is
// listed. Where it has to be known, both refuse the change.
func TestRollback(t *testing.T) {
	const lost = "the data is lost"
	object := verdict.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "shop", Name: "one"}
	prevented := dryrun.Result{
		Rollback: &verdict.Rollback{State: verdict.RollbackPrevented, Obstacles: []verdict.Obstacle{{Object: object, Message: lost}}},
		Findings: []verdict.Finding{{Rule: dryrun.RuleRollback, Level: verdict.Warning, Environment: "dev", Object: object, Message: lost, Baseline: verdict.New}},
	}
	untried := dryrun.Result{Rollback: &verdict.Rollback{State: verdict.RollbackNotEvaluated, Reason: verdict.Unverifiable, Detail: "nothing is stored"}}
	pool := render.NewPool(render.PoolOptions{})
	defer func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, tt := range []struct {
		name, severity string
		result         dryrun.Result
		want           verdict.Outcome
		listed         int
	}{
		{"possible", "error", dryrun.Result{Rollback: &verdict.Rollback{State: verdict.RollbackPossible}}, verdict.Pass, 0},
		{"prevented", "", prevented, verdict.Pass, 0},
		{"prevented, and must not be", "error", prevented, verdict.Fail, 0},
		{"not tried", "", untried, verdict.Pass, 1},
		{"not tried, and has to be known", "error", untried, verdict.Undecided, 1},
	} {
		base, head := repository(), repository()
		head["base/one.yaml"] = strings.Replace(head["base/one.yaml"], "{a: b}", "{a: c}", 1)
		cfg := config.Default()
		if tt.severity != "" {
			cfg.Policies.Severities = map[string]string{dryrun.RuleRollback: tt.severity}
		}
		r := runWith(t, pipeline.Options{Config: cfg, Renderer: pool, Trier: trier{tt.result}, Environment: "dev"}, write(t, base), write(t, head))
		env := r.Environments[0]
		if env.Outcome != tt.want || len(r.NotEvaluated) != tt.listed || env.Rollback.State != tt.result.Rollback.State {
			t.Errorf("%s: %s, %+v, %+v", tt.name, env.Outcome, env.Rollback, r.NotEvaluated)
		}
		if len(env.Deltas) != 1 || !slices.Equal(env.Deltas[0].Effects, []verdict.Effect{verdict.NoOp}) {
			t.Errorf("%s: %+v", tt.name, env.Deltas)
		}
	}
}
