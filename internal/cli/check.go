package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/json"
	"github.com/penstock-dev/penstock/internal/report/junit"
	"github.com/penstock-dev/penstock/internal/report/markdown"
	"github.com/penstock-dev/penstock/internal/report/sarif"
	"github.com/penstock-dev/penstock/internal/report/text"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/spf13/cobra"
)

type checkOptions struct {
	Streams
	sourceOptions
	dryRun string
	// assets is a directory of kube-apiserver binaries.
	assets string
	// kubeconfig wins over those of the configuration where it is not empty.
	kubeconfig string
	// drift has clusters compared with base as well.
	drift   bool
	outputs []string
	// markdown is a key of markdownSizes; empty means comment.
	markdown string
	verbose  bool
	// watching is --watch; pager says whether long text goes through one.
	watching, pager, noPager bool
}

func newCheck(s Streams) *cobra.Command {
	o := &checkOptions{Streams: s, pager: true}
	c := &cobra.Command{
		Use:   "check",
		Short: "Judge a change: render, policies, dry-run, one verdict",
		Long: `check renders what each environment receives before and after a change, evaluates
rules on the difference, tries it on an API server, and gives one verdict.

Exit codes: 0 pass, 1 fail, 2 undecided (something had to be looked at and was
not), or an error.`,
		Example: `  penstock check                            the worktree, against the default branch
  penstock check --base main --head HEAD    what is committed
  penstock check --env production           one environment
  penstock check --watch                    again whenever a file changes
  penstock check -o text -o sarif=penstock.sarif -o junit=penstock.xml`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	f := c.Flags()
	f.StringVar(&o.dryRun, "dry-run", "", "where the change is tried: `MODE` is off, embedded (an API server in this binary) or cluster (default: as configured, else embedded)")
	complete(c, "dry-run", cobra.FixedCompletions(dryRunModes(), cobra.ShellCompDirectiveNoFileComp))
	assetsFlag(c, &o.assets)
	kubeconfigFlag(f, &o.kubeconfig)
	f.BoolVar(&o.drift, "drift", false, "with --dry-run=cluster, also tell what the cluster of each affected environment has otherwise than base")
	outputFlag(c, &o.outputs, names(o.formats()))
	f.StringVar(&o.markdown, "markdown-for", "", "what markdown has to fit into: `PLACE` is comment (65,535 bytes: also a check run) or job-summary (1 MiB) (default comment)")
	complete(c, "markdown-for", cobra.FixedCompletions([]cobra.Completion{"comment", "job-summary"}, cobra.ShellCompDirectiveNoFileComp))
	f.BoolVarP(&o.verbose, "verbose", "v", false, "in text, also show findings that base has already, and lists in full")
	f.BoolVar(&o.watching, "watch", false, "check again whenever files of the worktree change, until Ctrl-C")
	f.BoolVar(&o.noPager, "no-pager", false, "do not show long text in PENSTOCK_PAGER, PAGER or less")
	return c
}

// formats are the encodings of a report.
func (o *checkOptions) formats() []format[*report.Report] {
	plain := func(encode func(io.Writer, *report.Report) error) func(io.Writer, *report.Report, look) error {
		return func(w io.Writer, r *report.Report, _ look) error { return encode(w, r) }
	}
	return append([]format[*report.Report]{
		{"text", func(w io.Writer, r *report.Report, l look) error {
			return text.Encode(w, r, text.Options{Color: l.color, Width: l.width, Verbose: o.verbose})
		}},
		{"json", plain(json.Encode)},
		{"sarif", plain(sarif.Encode)},
		{"junit", plain(junit.Encode)},
		{"markdown", func(w io.Writer, r *report.Report, _ look) error {
			return markdown.Encode(w, r, markdown.Options{MaxBytes: markdownSizes()[o.markdown]})
		}},
	}, o.actionsFormats()...)
}

// markdownSizes are the places that --markdown-for knows.
func markdownSizes() map[string]int {
	return map[string]int{"": 0, "comment": markdown.CheckRunLimit, "job-summary": markdown.JobSummaryLimit}
}

// validate looks at the flags before any work is done.
func (o *checkOptions) validate() ([]output, error) {
	outs, err := parseOutputs(o.outputs, names(o.formats()))
	if err != nil {
		return nil, err
	}
	if o.dryRun != "" && !slices.Contains(dryRunModes(), o.dryRun) {
		return nil, unknownDryRun(o.dryRun)
	}
	if o.kubeconfig != "" && o.dryRun != "" && o.dryRun != "cluster" {
		return nil, &usageError{"--kubeconfig has no effect with --dry-run=" + o.dryRun, "use --dry-run=cluster, or leave out --kubeconfig"}
	}
	if _, known := markdownSizes()[o.markdown]; !known {
		return nil, &usageError{fmt.Sprintf("--markdown-for %s is not known", o.markdown), "use --markdown-for comment or job-summary"}
	}
	if o.markdown != "" && !slices.ContainsFunc(outs, func(out output) bool { return out.format == "markdown" }) {
		return nil, &usageError{"--markdown-for is given, and nothing is written as markdown", "add --output markdown or --output markdown=FILE"}
	}
	if o.watching {
		return outs, o.watchable()
	}
	return outs, nil
}

func (o *checkOptions) run(ctx context.Context) (err error) {
	outs, err := o.validate()
	if err != nil {
		return err
	}
	t := newTools(assets(o.assets, o.checkedDirs()...))
	defer func() { err = errors.Join(err, t.Close()) }()
	if o.watching {
		return o.watch(ctx, t, outs)
	}
	return o.once(ctx, t, outs)
}

// once checks and writes the report. Its error carries the verdict.
func (o *checkOptions) once(ctx context.Context, t *tools, outs []output) error {
	r, err := o.report(ctx, t)
	if err != nil {
		o.announce(outs, err)
		return err
	}
	write := func(s Streams) error { return writeOutputs(s, outs, o.formats(), r) }
	if o.pager && !o.noPager && !o.watching {
		err = paged(ctx, o.Streams, write)
	} else {
		err = write(o.Streams)
	}
	if err != nil {
		return err
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
func (o *checkOptions) report(ctx context.Context, t *tools) (r *report.Report, err error) {
	c, cfg, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	mode, err := dryRunMode(o.dryRun, cfg)
	if err == nil {
		err = o.forkRefusal(mode)
	}
	if err == nil && o.drift && mode != "cluster" {
		err = driftWithoutCluster(mode)
	}
	if err == nil && mode == "cluster" {
		err = o.ownKubeconfig(c, cfg, o.kubeconfig)
	}
	if err != nil {
		return nil, err
	}
	engine, err := o.rules(ctx, c, cfg)
	if err != nil {
		return nil, err
	}
	trier, err := t.on(mode, o.kubeconfig, o.drift)
	if err != nil {
		return nil, err
	}
	options := pipeline.Options{
		Change: c, Config: cfg, Environment: o.environment, Renderer: t.pool, Judge: engine,
		Tool: tool(), Now: time.Now().UTC(),
		Next: func(ctx context.Context) (*config.Config, pipeline.Judge, error) { return o.next(ctx, c, cfg) },
	}
	if trier != nil {
		options.Trier = trier
	}
	p := newProgress(o.Err)
	defer p.clear()
	p.expect(c, cfg, o.environment)
	p.watch(&options)
	return pipeline.Run(ctx, options)
}
