package pipeline_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

// slow takes its time for each environment, unless it is told to stop.
type slow struct {
	render, judge time.Duration
	rendered      *atomic.Int64
}

func take(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slow) Render(ctx context.Context, _ fs.FS, env config.Environment) (render.Result, error) {
	if err := ctx.Err(); err != nil {
		return render.Result{}, err
	}
	s.rendered.Add(1)
	objects, err := manifest.NewSet()
	if err == nil && strings.HasPrefix(env.Name, "new") {
		err = take(ctx, s.render)
	}
	return render.Result{Objects: objects}, err
}

func (s slow) Rules() []verdict.Rule                { return []verdict.Rule{{ID: "a/b"}} }
func (s slow) LooksAtFleet(config.Environment) bool { return false }
func (s slow) EvaluateFleet(context.Context, policies.FleetInput) (policies.Result, error) {
	return policies.Result{}, nil
}
func (s slow) Evaluate(ctx context.Context, _ policies.Input) (policies.Result, error) {
	return policies.Result{}, take(ctx, s.judge)
}

// TestPreviewEnds: what nobody has reviewed has a bounded time for all that is done
// for it alone, by the clock, however much of it is done at once; and nothing is
// rendered twice because of what only the dry-run reads.
func TestPreviewEnds(t *testing.T) {
	configuration := func(prefix, rest string, n int) string {
		text := "version: 1\nenvironments:\n"
		for i := range n {
			text += fmt.Sprintf("- {name: %s%d, roots: [{path: a.yaml}]%s}\n", prefix, i, rest)
		}
		return text
	}
	for _, tt := range []struct {
		name       string
		base, head string
		// load, render and judge are how long head takes to be loaded, each of its new
		// environments to be rendered, and each to be judged; now is how long base
		// takes to judge each of its environments.
		load, render, judge, now time.Duration
		// took is for how long the preview goes on; refused is a part of the entry.
		took     time.Duration
		refused  string
		rendered int
	}{
		{name: "judging at the same time", base: configuration("e", "", 4), head: configuration("e", "", 4), judge: 90 * time.Second, took: 90 * time.Second, rendered: 4},
		{name: "judging one after the other", base: configuration("e", "", 8), head: configuration("e", "", 8), judge: 90 * time.Second, took: 2 * time.Minute, refused: "it took longer than 2m0s", rendered: 8},
		{name: "as slow as base", base: configuration("e", "", 8), head: configuration("e", "", 8), judge: 90 * time.Second, now: time.Minute, took: 5 * time.Minute, rendered: 8},
		{name: "rendering environments that base has not", base: configuration("e", "", 2), head: configuration("new", "", 40), render: 50 * time.Second, took: 2 * time.Minute, refused: "it took longer than 2m0s", rendered: 2 + 12},
		{name: "loading that counts", base: configuration("e", "", 1), head: configuration("new", "", 1), load: time.Minute, render: 90 * time.Second, took: 2 * time.Minute, refused: "it took longer than 2m0s", rendered: 2},
		{name: "loading that does not end in time", base: configuration("e", "", 1), head: configuration("e", "", 1), load: 3 * time.Minute, took: 3 * time.Minute, refused: "it took longer than 2m0s"},
		{name: "drift", base: configuration("e", "", 2), head: configuration("e", ", context: x, drift: true", 2), rendered: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := map[string]string{".penstock.yaml": tt.base, "policies/a.rego": "package a\n", "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"}
			after := maps.Clone(before)
			after[".penstock.yaml"], after["policies/a.rego"] = tt.head, "package a\n\n"
			base, head := write(t, before), write(t, after)
			now, err := config.Load(os.DirFS(base), config.FileName)
			if err != nil {
				t.Fatal(err)
			}
			next, err := config.Load(os.DirFS(head), config.FileName)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				var rendered atomic.Int64
				started := time.Now()
				r := runWith(t, pipeline.Options{
					Config: now, Renderer: slow{render: tt.render, rendered: &rendered}, Judge: slow{judge: tt.now},
					Next: func(context.Context) (*config.Config, pipeline.Judge, error) {
						rendered.Store(0)
						time.Sleep(tt.load)
						return next, slow{judge: tt.judge}, nil
					},
				}, base, head)
				if took := time.Since(started); took != tt.took {
					t.Errorf("it took %s, want %s", took, tt.took)
				}
				if n := int(rendered.Load()); n != tt.rendered {
					t.Errorf("%d environments were rendered, want %d", n, tt.rendered)
				}
				if (r.Preview == nil) != (tt.refused != "") {
					t.Errorf("the preview is %+v", r.Preview)
				}
				if tt.refused != "" && (r.Verdict.Outcome != verdict.Undecided || !strings.Contains(fmt.Sprint(r.NotEvaluated), tt.refused)) {
					t.Errorf("the verdict is %s: %+v", r.Verdict.Outcome, r.NotEvaluated)
				}
			})
		})
	}
}
