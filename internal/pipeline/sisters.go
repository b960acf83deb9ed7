package pipeline

import (
	"context"
	"fmt"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// sisters are the environments of base beside one: also those that the run is not
// about. They are rendered when they are asked for.
type sisters struct {
	opts Options
	of   string
}

// List implements dryrun.Sisters.
func (s sisters) List() ([]config.Environment, error) {
	pairs, err := s.opts.Config.ResolveChange(s.opts.Change.Base, s.opts.Change.Head)
	if err != nil {
		return nil, fmt.Errorf("looking for environments: %w", err)
	}
	var out []config.Environment
	for _, p := range pairs {
		if p.Name() != s.of && len(p.Base.Roots) > 0 {
			out = append(out, p.Base)
		}
	}
	return out, nil
}

// Render implements dryrun.Sisters.
func (s sisters) Render(ctx context.Context, env config.Environment) (*manifest.Set, error) {
	result, err := s.opts.Renderer.Render(ctx, s.opts.Change.Base, env)
	if err != nil {
		return nil, err
	}
	if len(result.Errors) > 0 {
		return nil, fmt.Errorf("it does not render: %w", result.Errors[0])
	}
	return result.Objects, nil
}
