package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"weak"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

// TestPreview: what a change does to its judges is looked at only where it
// edits them; each environment is rendered for that once; and what cannot be
// loaded, however it ends, keeps the verdict from being made.
func TestPreview(t *testing.T) {
	before := repository()
	after := maps.Clone(before)
	after["policies/a.rego"] = "package a\n"
	pool := render.NewPool(render.PoolOptions{Workers: 1})
	defer func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}()
	engine, err := policies.Load(t.Context(), policies.Library())
	if err != nil {
		t.Fatal(err)
	}
	base, head := write(t, before), write(t, after)
	for _, tt := range []struct {
		name string
		head string
		next func(context.Context) (*config.Config, pipeline.Judge, error)
		// want is the outcome, reason of the entry, and a part of its detail.
		outcome verdict.Outcome
		reason  verdict.Reason
		detail  string
	}{
		{"no judge changes", base, func(context.Context) (*config.Config, pipeline.Judge, error) {
			return nil, nil, errors.New("it was loaded")
		}, verdict.Pass, "", ""},
		{"the same rules", head, func(context.Context) (*config.Config, pipeline.Judge, error) {
			return config.Default(), engine, nil
		}, verdict.Pass, "", ""},
		{"an error", head, func(context.Context) (*config.Config, pipeline.Judge, error) {
			return nil, nil, &policies.Error{File: "policies/a.rego", Line: 3, Msg: "it does not compile", Hint: "mend it"}
		}, verdict.Undecided, verdict.Failed, "it does not compile — mend it"},
		{"a panic", head, func(context.Context) (*config.Config, pipeline.Judge, error) { panic("no") }, verdict.Undecided, verdict.Failed, "loading it panicked: no"},
		{"not to be looked at", head, func(context.Context) (*config.Config, pipeline.Judge, error) {
			return nil, nil, &pipeline.Unpreviewed{Detail: "far away"}
		}, verdict.Pass, verdict.Off, "far away"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rendered := counting{pool, &sync.Mutex{}, map[string]int{}}
			r := runWith(t, pipeline.Options{Config: config.Default(), Renderer: rendered, Judge: engine, Next: tt.next}, base, tt.head)
			if r.Verdict.Outcome != tt.outcome {
				t.Errorf("the verdict is %s: %q", r.Verdict.Outcome, r.Verdict.Reasons)
			}
			found := tt.detail == ""
			for _, e := range r.NotEvaluated {
				found = found || e.Reason == tt.reason && strings.Contains(e.Detail, tt.detail)
			}
			if !found {
				t.Errorf("%q is not listed: %+v", tt.detail, r.NotEvaluated)
			}
			previewed := tt.name == "the same rules"
			if (r.Preview != nil) != previewed {
				t.Fatalf("the preview is %+v", r.Preview)
			}
			if !previewed {
				return
			}
			if p := r.Preview; len(p.Added)+len(p.Removed)+len(p.RulesAdded)+len(p.RulesRemoved)+len(p.EnvironmentsAdded)+len(p.EnvironmentsRemoved) > 0 {
				t.Errorf("the same rules differ: %+v", p)
			}
			if want := map[string]int{"chart-stage": 1, "dev": 1, "prod": 1}; len(rendered.names) != 3 {
				t.Errorf("rendered %v, want %v", rendered.names, want)
			}
			for name, n := range rendered.names {
				if n != 1 {
					t.Errorf("%s was rendered %d times", name, n)
				}
			}
		})
	}
}

// holding counts how many renderings are kept by somebody while another one is
// made, once the rules of head have been asked for.
type holding struct {
	*render.Pool
	mu    sync.Mutex
	asked bool
	sets  []weak.Pointer[manifest.Set]
	most  int
}

func (h *holding) Render(ctx context.Context, fsys fs.FS, env config.Environment) (render.Result, error) {
	result, err := h.Pool.Render(ctx, fsys, env)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.asked {
		return result, err
	}
	runtime.GC()
	alive := 0
	for _, p := range h.sets {
		if p.Value() != nil {
			alive++
		}
	}
	h.most = max(h.most, alive)
	h.sets = append(h.sets, weak.Make(result.Objects))
	return result, err
}

// TestPreviewKeepsNothing: of many environments a preview keeps those that it
// works on.
func TestPreviewKeepsNothing(t *testing.T) {
	before := map[string]string{"policies/a.rego": "package a\n"}
	text := "version: 1\nenvironments:\n"
	const environments = 16
	for i := range environments {
		name := fmt.Sprintf("e%d", i)
		text += "- {name: " + name + ", roots: [{path: " + name + "}]}\n"
		before[name+"/a.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"
	}
	before[".penstock.yaml"] = text
	after := maps.Clone(before)
	after["policies/a.rego"] += "\n"
	base, head := write(t, before), write(t, after)
	cfg, err := config.Load(os.DirFS(base), config.FileName)
	if err != nil {
		t.Fatal(err)
	}
	pool := render.NewPool(render.PoolOptions{Workers: 1})
	defer func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}()
	engine, err := policies.Load(t.Context(), policies.Library())
	if err != nil {
		t.Fatal(err)
	}
	h := &holding{Pool: pool}
	r := runWith(t, pipeline.Options{Config: cfg, Renderer: h, Judge: engine, Next: func(context.Context) (*config.Config, pipeline.Judge, error) {
		h.asked = true
		return cfg, engine, nil
	}}, base, head)
	if r.Preview == nil || len(h.sets) != environments {
		t.Fatalf("%d environments were rendered for the preview %+v", len(h.sets), r.Preview)
	}
	if h.most > environments/2 {
		t.Errorf("%d of %d renderings were kept", h.most, environments)
	}
}

// TestPreviewFindsTooMuch: findings without end are no preview.
func TestPreviewFindsTooMuch(t *testing.T) {
	before := repository()
	after := maps.Clone(before)
	after["policies/a.rego"] = "package a\n"
	pool := render.NewPool(render.PoolOptions{Workers: 1})
	defer func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}()
	loud, err := policies.Load(t.Context(), policies.Source{Name: "policies", Dir: "policies", FS: fstest.MapFS{"policies/a.rego": {Data: []byte(`package a
deny contains sprintf("%d %s", [i, long]) if some i in numbers.range(1, 60)
long := concat("", [x | some i in numbers.range(1, 50000); x := "0123456789012345678901234567890123456789"])
`)}}})
	if err != nil {
		t.Fatal(err)
	}
	r := runWith(t, pipeline.Options{Config: config.Default(), Renderer: pool, Next: func(context.Context) (*config.Config, pipeline.Judge, error) {
		return config.Default(), loud, nil
	}}, write(t, before), write(t, after))
	if r.Verdict.Outcome != verdict.Undecided || r.Preview != nil || !slices.ContainsFunc(r.NotEvaluated, func(e verdict.Entry) bool {
		return e.Reason == verdict.Failed && strings.Contains(e.Detail, "cannot be used: what it finds takes more than 128 MiB")
	}) {
		t.Errorf("got %s, %+v", r.Verdict.Outcome, r.NotEvaluated)
	}
}
