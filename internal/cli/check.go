package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/json"
	"github.com/penstock-dev/penstock/internal/report/text"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/render"
	"github.com/spf13/cobra"
)

type checkOptions struct {
	Streams
	sourceOptions
	dryRun  string
	outputs []string
	verbose bool
}

func newCheck(s Streams) *cobra.Command {
	o := &checkOptions{Streams: s}
	c := &cobra.Command{
		Use:   "check",
		Short: "Judge a change: render, policies, dry-run, one verdict",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	c.Flags().StringVar(&o.dryRun, "dry-run", "", "where the change is tried: off, embedded or cluster")
	c.Flags().StringArrayVarP(&o.outputs, "output", "o", nil, "FORMAT or FORMAT=FILE, several times: text, json (default text)")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "show findings of before the change as well")
	return c
}

// output is one format and where it goes; an empty file is standard output.
type output struct{ format, file string }

func parseOutputs(specs []string) ([]output, error) {
	if len(specs) == 0 {
		specs = []string{"text"}
	}
	var outs []output
	toStdout := 0
	for _, spec := range specs {
		format, file, _ := strings.Cut(spec, "=")
		if format != "text" && format != "json" {
			return nil, &usageError{fmt.Sprintf("the output %s is not known", format), "use text or json, or FORMAT=FILE"}
		}
		if file == "" {
			toStdout++
		}
		outs = append(outs, output{format, file})
	}
	if toStdout > 1 {
		return nil, &usageError{"two outputs go to standard output", "give one of them a file: --output json=report.json"}
	}
	return outs, nil
}

func (o *checkOptions) run(ctx context.Context) error {
	outputs, err := parseOutputs(o.outputs)
	if err != nil {
		return err
	}
	r, err := o.report(ctx)
	if err != nil {
		return err
	}
	for _, out := range outputs {
		if err := o.write(out, r); err != nil {
			return err
		}
	}
	switch r.Verdict.Outcome {
	case verdict.Pass:
		return nil
	case verdict.Fail:
		return exit{codeFail}
	}
	return exit{codeUndecided}
}

// report carries the check out.
func (o *checkOptions) report(ctx context.Context) (r *report.Report, err error) {
	c, cfg, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	mode, err := dryRunMode(o.dryRun, cfg)
	if err != nil {
		return nil, err
	}
	engine, err := rules(c, cfg)
	if err != nil {
		return nil, err
	}
	pool := render.NewPool(render.PoolOptions{})
	defer func() { err = errors.Join(err, pool.Close()) }()
	options := pipeline.Options{
		Change: c, Config: cfg, Environment: o.environment, Renderer: pool, Judge: engine, DryRun: mode,
		Tool: tool(), Now: time.Now().UTC(),
	}
	if terminal(o.Err) {
		options.Progress = func(step string) { fmt.Fprintf(o.Err, "\r\x1b[K%s …", step) }
		defer fmt.Fprint(o.Err, "\r\x1b[K")
	}
	return pipeline.Run(ctx, options)
}

func (o *checkOptions) write(out output, r *report.Report) error {
	encode := func(w io.Writer) error {
		if out.format == "json" {
			return json.Encode(w, r)
		}
		return text.Encode(w, r, text.Options{Color: out.file == "" && color(o.Out), Verbose: o.verbose})
	}
	if out.file == "" {
		return encode(o.Out)
	}
	f, err := os.Create(out.file)
	if err != nil {
		return fmt.Errorf("writing %s: %w", out.file, err)
	}
	return errors.Join(encode(f), f.Close())
}

// color follows https://no-color.org.
func color(w io.Writer) bool { return terminal(w) && os.Getenv("NO_COLOR") == "" }
