package pipeline_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/render"
)

// asking is a trier that has the other environments rendered.
type asking struct {
	trier
	t  *testing.T
	mu *sync.Mutex
	// said is what was rendered of which environment, or why not.
	said map[string]string
}

func (a asking) Try(ctx context.Context, in dryrun.Input) (dryrun.Result, error) {
	envs, err := in.Sisters.List()
	if err != nil {
		a.t.Error(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, env := range envs {
		set, err := in.Sisters.Render(ctx, env)
		if err != nil {
			a.said[env.Name] = err.Error()
			continue
		}
		for _, o := range set.All() {
			a.said[env.Name] += o.ID().Name + " "
		}
	}
	return a.trier.Try(ctx, in)
}

// A run that is about one environment knows the others, as base has them.
func TestSisters(t *testing.T) {
	const maps1 = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: shop}\n"
	base := map[string]string{}
	for _, name := range []string{"beside", "gone", "one"} {
		base[name+"/map.yaml"] = strings.Replace(maps1, "NAME", name, 1)
	}
	base["broken/kustomization.yaml"] = "resources: [missing.yaml]\n"
	head := maps.Clone(base)
	delete(head, "gone/map.yaml")
	head["one/map.yaml"] += "data: {a: b}\n"
	head["beside/map.yaml"] = strings.Replace(maps1, "NAME", "renamed", 1)
	head["new/map.yaml"] = strings.Replace(maps1, "NAME", "new", 1)
	cfg := config.Default()
	for _, name := range []string{"beside", "broken", "gone", "new", "one"} {
		cfg.Environments = append(cfg.Environments, config.EnvironmentSpec{Name: name, Roots: []config.RootSpec{{Path: name}}})
	}
	pool := render.NewPool(render.PoolOptions{})
	defer func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}()
	a := asking{t: t, mu: new(sync.Mutex), said: map[string]string{}}
	runWith(t, pipeline.Options{Config: cfg, Renderer: pool, Trier: a, Environment: "one"}, write(t, base), write(t, head))
	if got := slices.Sorted(maps.Keys(a.said)); !slices.Equal(got, []string{"beside", "broken", "gone"}) || a.said["beside"] != "beside " || a.said["gone"] != "gone " ||
		!strings.HasPrefix(a.said["broken"], "it does not render: ") {
		t.Errorf("got %q", a.said)
	}
}
