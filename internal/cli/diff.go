package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/render"
	"github.com/spf13/cobra"
)

type diffOptions struct {
	Streams
	sourceOptions
	outputs []string
}

func newDiff(s Streams) *cobra.Command {
	o := &diffOptions{Streams: s}
	c := &cobra.Command{
		Use:   "diff",
		Short: "Show what the change does to the objects of each environment",
		Long: `diff renders what each environment receives before and after a change, and shows
the objects that are created, updated and deleted. It judges nothing: penstock
check does. The values of Secrets are not shown; long differences are cut.

Exit codes: 0 everything was compared, whether or not it differs; 2 an environment
did not render, or an error.`,
		Example: `  penstock diff                             the worktree, against the default branch
  penstock diff --base v1.4.0 --head v1.5.0 --env production
  penstock diff -o json | jq '.environments[].deltas[]?.object'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	outputFlag(c, &o.outputs, names(diffFormats()))
	return c
}

// difference is what diff says, as a document.
type difference struct {
	Schema       string               `json:"schema"`
	Change       report.Change        `json:"change"`
	Environments []report.Environment `json:"environments"`
	// NotCompared are environments, roots and objects that could not be rendered.
	NotCompared []verdict.Entry `json:"notCompared"`
}

// differenceSchema changes when a field goes or means something else.
const differenceSchema = "penstock.dev/diff/v1"

func diffFormats() []format[difference] {
	return []format[difference]{
		{"text", func(w io.Writer, d difference, l look) error {
			_, err := io.WriteString(w, d.text(l.color))
			return err
		}},
		{"json", func(w io.Writer, d difference, _ look) error { return encodeJSON(w, d) }},
	}
}

func (o *diffOptions) run(ctx context.Context) error {
	outs, err := parseOutputs(o.outputs, names(diffFormats()))
	if err != nil {
		return err
	}
	d, err := o.difference(ctx)
	if err != nil {
		return err
	}
	if err := writeOutputs(o.Streams, outs, diffFormats(), d); err != nil {
		return err
	}
	for _, e := range d.NotCompared {
		if whole(e) {
			return exit{codeUndecided}
		}
	}
	return nil
}

func (o *diffOptions) difference(ctx context.Context) (d difference, err error) {
	c, cfg, err := o.open(ctx)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	pool := render.NewPool(render.PoolOptions{})
	defer func() { err = errors.Join(err, pool.Close()) }()
	r, err := pipeline.Run(ctx, pipeline.Options{Change: c, Config: cfg, Environment: o.environment, Renderer: pool, Tool: tool(), Now: time.Now().UTC()})
	if err != nil {
		return d, err
	}
	d = difference{Schema: differenceSchema, Change: r.Change, Environments: r.Environments, NotCompared: []verdict.Entry{}}
	for _, e := range r.NotEvaluated {
		if e.Stage == verdict.StageRender || e.Stage == verdict.StageDiscover {
			d.NotCompared = append(d.NotCompared, e)
		}
	}
	return d, nil
}

// whole reports whether an entry is an environment or a root as a whole: then
// nothing of it was compared.
func whole(e verdict.Entry) bool { return e.Object == verdict.Object{} }
