package pipeline_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/render"
)

// TestJudgedBy: a change to rules is listed wherever they lie, also where the
// configuration names a file, the root, or nothing.
func TestJudgedBy(t *testing.T) {
	before := repository()
	maps.Copy(before, map[string]string{"policies/a.rego": "package a\n", "policies/b.rego": "package b\n", "c.rego": "package c\n"})
	after := maps.Clone(before)
	for _, name := range []string{"policies/a.rego", "policies/b.rego", "c.rego"} {
		after[name] += "\n# changed\n"
	}
	base, head := write(t, before), write(t, after)
	p := render.NewPool(render.PoolOptions{Workers: 1})
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, tt := range []struct{ paths, want []string }{
		{nil, []string{"policies/a.rego", "policies/b.rego"}},
		{[]string{"policies"}, []string{"policies/a.rego", "policies/b.rego"}},
		{[]string{"policies/b.rego"}, []string{"policies/b.rego"}},
		{[]string{"."}, []string{"c.rego", "policies/a.rego", "policies/b.rego"}},
		{[]string{}, nil},
	} {
		cfg := config.Default()
		cfg.Policies.Paths = tt.paths
		r := runWith(t, pipeline.Options{Config: cfg, Renderer: p}, base, head)
		var got []string
		for _, e := range r.NotEvaluated {
			if e.Stage == verdict.StagePolicy && e.Reason == verdict.Off && e.Location != nil {
				got = append(got, e.Location.File)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.paths, got, tt.want)
		}
	}
}
