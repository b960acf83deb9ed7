package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"sync"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/render"
)

// remembering renders what environments of one tree have in common once.
type remembering struct {
	next  Renderer
	mu    sync.Mutex
	known map[string]*rendering
}

type rendering struct {
	once   sync.Once
	result render.Result
	err    error
}

func newRemembering(next Renderer) *remembering {
	return &remembering{next: next, known: map[string]*rendering{}}
}

// Render renders, unless it has done so with the same settings. What only judges
// read is none of them.
func (r *remembering) Render(ctx context.Context, tree fs.FS, env config.Environment) (render.Result, error) {
	settings := env
	settings.Labels, settings.Parameters, settings.Severities, settings.Context, settings.Found = nil, nil, nil, "", ""
	key, err := json.Marshal(settings)
	if err != nil {
		return render.Result{}, fmt.Errorf("comparing the settings of %s: %w", env.Name, err)
	}
	r.mu.Lock()
	got := r.known[string(key)]
	if got == nil {
		got = &rendering{}
		r.known[string(key)] = got
	}
	r.mu.Unlock()
	got.once.Do(func() { got.result, got.err = r.next.Render(ctx, tree, env) })
	return got.result, got.err
}
