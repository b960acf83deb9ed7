package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/render"
	"github.com/spf13/cobra"
)

type diffOptions struct {
	Streams
	sourceOptions
}

func newDiff(s Streams) *cobra.Command {
	o := &diffOptions{Streams: s}
	c := &cobra.Command{
		Use:   "diff",
		Short: "Show what the change does to the objects of each environment",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	return c
}

func (o *diffOptions) run(ctx context.Context) (err error) {
	c, cfg, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	pool := render.NewPool(render.PoolOptions{})
	defer func() { err = errors.Join(err, pool.Close()) }()
	r, err := pipeline.Run(ctx, pipeline.Options{Change: c, Config: cfg, Environment: o.environment, Renderer: pool, DryRun: "off", Tool: tool(), Now: time.Now().UTC()})
	if err != nil {
		return err
	}
	for _, env := range r.Environments {
		for _, d := range env.Deltas {
			fmt.Fprintf(o.Out, "%s  %s %s %s\n%s\n", env.Name, d.Operation, d.Object.Kind, d.Object.Name, d.Diff)
		}
	}
	missing := 0
	for _, e := range r.NotEvaluated {
		if e.Stage == "render" {
			fmt.Fprintf(o.Err, "penstock: %s: not rendered: %s\n", e.Environment, e.Detail)
			missing++
		}
	}
	if missing > 0 {
		return exit{codeUndecided}
	}
	return nil
}
