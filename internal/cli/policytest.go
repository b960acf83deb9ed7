package cli

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/penstock-dev/penstock/policies"
	"github.com/spf13/cobra"
)

type policyTestOptions struct {
	policyOptions
	run string
	// threshold is the share of lines that each file must have covered, in
	// percent; coverage shows the shares.
	threshold       float64
	coverage        bool
	missingMetadata bool
	watching        bool
	verbose         bool
	outputs         []string
	loader          policies.Loader
}

func newPolicyTest(s Streams) *cobra.Command {
	o := &policyTestOptions{policyOptions: policyOptions{Streams: s}}
	c := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Run the tests of policies, and look for missing METADATA",
		Long: `test runs the tests beside the rules of DIR, or of the repository: the rules of
*_test.rego whose names begin with test_, the objects of *_test.yaml with the
findings that are expected on them, and the suites of gator verify. Rules run in the sandbox of a check: without
network, environment and randomness. docs/policies.md has more.

A rule whose METADATA lacks a title, description, custom.id, custom.severity or
custom.remediation fails the test, as a skipped test (todo_) does. No tests at all
is an error.

Exit codes: 0 all passed, 1 not so, 2 an error: a rule that cannot be loaded, or
nothing to run.`,
		Example: `  penstock policy test
  penstock policy test policies/images --run 'latest'
  penstock policy test --coverage-threshold 90
  penstock policy test --watch`,
		Args:              o.dirArg,
		ValidArgsFunction: directories,
		RunE:              func(c *cobra.Command, _ []string) error { return o.start(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&o.run, "run", "", "run only the tests whose names match the `REGEX`: data.<package>.<test>, or <file>: <name> of a fixture")
	f.BoolVar(&o.coverage, "coverage", false, "show for each file which lines the tests do not reach")
	f.Float64Var(&o.threshold, "coverage-threshold", 0, "fail when the tests reach less than `PERCENT` of the lines of a file")
	f.BoolVar(&o.missingMetadata, "allow-missing-metadata", false, "let rules without METADATA pass, as those for conftest have none")
	f.BoolVar(&o.watching, "watch", false, "run the tests again whenever a file changes, until Ctrl-C")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "in text, also show the tests that passed, and what they print")
	outputFlag(c, &o.outputs, names(o.formats()))
	for _, flag := range []string{"run", "coverage-threshold"} {
		complete(c, flag, cobra.NoFileCompletions)
	}
	return c
}

func (o *policyTestOptions) start(ctx context.Context) error {
	outs, err := parseOutputs(o.outputs, names(o.formats()))
	if err != nil {
		return err
	}
	var only *regexp.Regexp
	if o.run != "" {
		if only, err = regexp.Compile(o.run); err != nil {
			return &usageError{fmt.Sprintf("--run is not a regular expression: %s", err), "see https://pkg.go.dev/regexp/syntax"}
		}
	}
	if o.threshold < 0 || o.threshold > 100 {
		return &usageError{fmt.Sprintf("--coverage-threshold %g is no percentage", o.threshold), "give a number from 0 to 100"}
	}
	once := func() error { return o.once(ctx, outs, only) }
	if !o.watching {
		return once()
	}
	if !terminal(o.Out) {
		return &usageError{"--watch is for a terminal, and the output goes elsewhere", "leave out --watch, or leave out the redirection"}
	}
	return repeat(ctx, o.Err, func() (map[string]stamp, error) {
		set, err := o.own(ctx)
		if err != nil {
			return nil, err
		}
		return set.files()
	}, once)
}

// once runs the tests. Its error carries the result.
func (o *policyTestOptions) once(ctx context.Context, outs []output, only *regexp.Regexp) error {
	set, err := o.own(ctx)
	if err != nil {
		return err
	}
	report, err := policies.Test(ctx, policies.Testing{
		Sources: set.sources, With: set.with, Run: only, Coverage: o.coverage || o.threshold > 0, Loader: &o.loader,
	})
	if err != nil {
		return err
	}
	if o.missingMetadata {
		report.Metadata = nil
	}
	if err := writeOutputs(o.Streams, outs, o.formats(), report); err != nil {
		return err
	}
	if len(report.Bad())+len(report.Metadata)+len(o.below(report)) > 0 {
		return exit{codeFail}
	}
	return nil
}

// below are the files whose coverage is below the threshold.
func (o *policyTestOptions) below(r policies.TestReport) []policies.FileCoverage {
	var below []policies.FileCoverage
	for _, c := range r.Coverage {
		if c.Percent() < o.threshold {
			below = append(below, c)
		}
	}
	return below
}

func (o *policyTestOptions) formats() []format[policies.TestReport] {
	return []format[policies.TestReport]{
		{"text", func(w io.Writer, r policies.TestReport, _ look) error {
			_, err := io.WriteString(w, o.text(r))
			return err
		}},
		{"json", func(w io.Writer, r policies.TestReport, _ look) error { return encodeJSON(w, r) }},
	}
}

func (o *policyTestOptions) text(r policies.TestReport) string {
	var b strings.Builder
	bad := 0
	for _, t := range r.Tests {
		if t.Outcome != policies.Passed {
			bad++
		} else if !o.verbose {
			continue
		}
		fmt.Fprintf(&b, "%s\n", strings.ReplaceAll(t.String(), "\n", "\n    "))
		for line := range strings.Lines(t.Output) {
			fmt.Fprintf(&b, "    | %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	for _, lacking := range r.Metadata {
		fmt.Fprintf(&b, "%s\n", lacking)
	}
	below := o.below(r)
	shown := r.Coverage
	if !o.coverage {
		shown = below
	}
	for _, c := range shown {
		fmt.Fprintf(&b, "%s\n", c)
	}
	fmt.Fprintf(&b, "%d %s of policies, %d not passed", len(r.Tests), plural(len(r.Tests), "test"), bad)
	if n := len(r.Metadata); n > 0 {
		fmt.Fprintf(&b, ", %d %s without METADATA (--allow-missing-metadata lets rules of other tools through)", n, plural(n, "rule"))
	}
	if n := len(below); n > 0 {
		fmt.Fprintf(&b, ", %d %s covered below %g%%", n, plural(n, "file"), o.threshold)
	}
	b.WriteByte('\n')
	return b.String()
}
