package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/spf13/cobra"
)

type policyCoverageOptions struct {
	Streams
	sourceOptions
	outputs []string
}

func newPolicyCoverage(s Streams) *cobra.Command {
	o := &policyCoverageOptions{Streams: s}
	c := &cobra.Command{
		Use:   "coverage",
		Short: "Say for each rule how many objects it looks at, and what no rule looks at",
		Long: `coverage renders every environment at head, whatever the change, and says for each
rule how many objects it looked at and what came of it; which rules look at
nothing; which parameters nobody reads; and the kinds that no rule looks at.

Exit codes: 0, or 2 if an environment did not render or a rule failed, so that
the counts are not complete.`,
		Example: `  penstock policy coverage
  penstock policy coverage -o json | jq '.rules[] | select(.applied == 0)'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	outputFlag(c, &o.outputs, names(coverageFormats()))
	return c
}

// coverageSchema changes when a field goes or means something else.
const coverageSchema = "penstock.dev/policy-coverage/v1"

// coverageDocument is what coverage says, as a document.
type coverageDocument struct {
	Schema       string            `json:"schema"`
	Environments []string          `json:"environments"`
	Objects      int               `json:"objects"`
	Rules        []coverageLine    `json:"rules"`
	UnseenKinds  []string          `json:"unseenKinds"`
	Unread       []unreadParameter `json:"unreadParameters"`
	NotEvaluated []verdict.Entry   `json:"notEvaluated"`
}

type coverageLine struct {
	verdict.Coverage
	// State is "on", "off" where the rule runs in no environment, or "on change"
	// where it looks at what a change does.
	State string `json:"state"`
}

type unreadParameter struct {
	Rule      string `json:"rule"`
	Parameter string `json:"parameter"`
	File      string `json:"file"`
	Line      int    `json:"line"`
}

func (o *policyCoverageOptions) run(ctx context.Context) (err error) {
	outs, err := parseOutputs(o.outputs, names(coverageFormats()))
	if err != nil {
		return err
	}
	c, cfg, err := o.open(ctx)
	if err != nil {
		return err
	}
	t := newTools(dryrun.Assets{})
	defer func() { err = errors.Join(err, c.Close(), t.Close()) }()
	engine, err := o.rules(ctx, c, cfg)
	if err != nil {
		return err
	}
	found, err := pipeline.Cover(ctx, pipeline.Options{Change: c, Config: cfg, Environment: o.environment, Renderer: t.pool, Judge: engine, Now: time.Now().UTC()})
	if err != nil {
		return err
	}
	if err := writeOutputs(o.Streams, outs, coverageFormats(), coverageOf(engine, found)); err != nil {
		return err
	}
	if len(found.NotEvaluated) > 0 {
		return exit{codeUndecided}
	}
	return nil
}

func coverageOf(engine *policies.Engine, found pipeline.Coverage) coverageDocument {
	d := coverageDocument{Schema: coverageSchema, Environments: []string{}, Objects: found.Objects, Rules: []coverageLine{}, UnseenKinds: []string{}, Unread: []unreadParameter{}, NotEvaluated: []verdict.Entry{}}
	for _, env := range found.Environments {
		d.Environments = append(d.Environments, env.Name)
	}
	d.UnseenKinds = append(d.UnseenKinds, found.UnseenKinds...)
	d.NotEvaluated = append(d.NotEvaluated, found.NotEvaluated...)
	lines := map[string]verdict.Coverage{}
	for _, line := range found.Rules {
		lines[line.Rule] = line
	}
	for _, r := range found.Loaded {
		line, runs := lines[r.ID]
		line.Rule = r.ID
		state := "on"
		switch {
		case !runs:
			state = "off"
		case r.OnChange:
			state = "on change"
		}
		d.Rules = append(d.Rules, coverageLine{line, state})
	}
	for _, u := range engine.Unread() {
		d.Unread = append(d.Unread, unreadParameter(u))
	}
	return d
}

func coverageFormats() []format[coverageDocument] {
	return []format[coverageDocument]{
		{"text", func(w io.Writer, d coverageDocument, _ look) error { return coverageText(w, d) }},
		{"json", func(w io.Writer, d coverageDocument, _ look) error { return encodeJSON(w, d) }},
	}
}

func coverageText(w io.Writer, d coverageDocument) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s, %d %s\n\n", len(d.Environments), plural(len(d.Environments), "environment"), d.Objects, plural(d.Objects, "object"))
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "objects\tpassed\tfailed\terrors\t\t")
	var idle, off, changes []string
	for _, r := range d.Rules {
		switch {
		case r.State == "off":
			off = append(off, r.Rule)
		case r.State == "on change":
			changes = append(changes, r.Rule)
		case r.Applied == 0:
			idle = append(idle, r.Rule)
		default:
			fmt.Fprintf(table, "%d\t%d\t%d\t%d\t\t%s\n", r.Applied, r.Passed, r.Failed, r.Errored, r.Rule)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	section := func(title string, items []string) {
		if len(items) > 0 {
			fmt.Fprintf(&b, "\n%s\n  %s\n", title, strings.Join(items, "\n  "))
		}
	}
	section("Rules that are on and look at nothing that is there", idle)
	section("Rules that look at what a change does", changes)
	section("Kinds that no rule looks at", d.UnseenKinds)
	var unread, gaps []string
	for _, u := range d.Unread {
		unread = append(unread, fmt.Sprintf("%s of %s (%s:%d)", u.Parameter, u.Rule, u.File, u.Line))
	}
	section("Parameters that nobody reads", unread)
	for _, e := range d.NotEvaluated {
		gaps = append(gaps, strings.TrimSpace(fmt.Sprintf("%s  %s %s: %s", e.Environment, e.Object.Kind, e.Object.Name, e.Detail)))
	}
	section("Not evaluated", gaps)
	if len(off) > 0 {
		fmt.Fprintf(&b, "\n%s off in every environment (penstock policy explain RULE says what they are for)\n", are(len(off), "rule"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %s are", n, plural(n, noun))
}
