package pipeline_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
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
