package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/policies"
	"github.com/spf13/cobra"
)

type policyDocsOptions struct {
	policyOptions
	builtin bool
	outputs []string
}

func newPolicyDocs(s Streams) *cobra.Command {
	o := &policyDocsOptions{policyOptions: policyOptions{Streams: s}}
	c := &cobra.Command{
		Use:   "docs [DIR]",
		Short: "Print a page in Markdown about the rules, from their METADATA",
		Long: `docs prints a page about the rules of DIR, or of the repository: what each means
and what to do, its level, whether it is on, what it looks at, and its parameters
with their defaults. With --builtin it is about the built-in rules.`,
		Example: `  penstock policy docs > docs/our-rules.md
  penstock policy docs --builtin`,
		Args:              o.dirArg,
		ValidArgsFunction: directories,
		RunE:              func(c *cobra.Command, _ []string) error { return o.print(c.Context()) },
	}
	c.Flags().BoolVar(&o.builtin, "builtin", false, "about the built-in rules")
	outputFlag(c, &o.outputs, names(pageFormats()))
	return c
}

func pageFormats() []format[string] {
	return []format[string]{{"markdown", func(w io.Writer, page string, _ look) error {
		_, err := io.WriteString(w, page)
		return err
	}}}
}

func (o *policyDocsOptions) print(ctx context.Context) error {
	outs, err := parseOutputs(o.outputs, names(pageFormats()))
	if err != nil {
		return err
	}
	if o.builtin && o.dir != "" {
		return &usageError{"--builtin is about the built-in rules, and " + o.dir + " has others", "leave one of them out"}
	}
	title := "The built-in rules"
	var rules []policies.Description
	if o.builtin {
		engine, err := policies.Load(ctx, policies.Library())
		if err != nil {
			return err
		}
		rules = engine.Describe()
	} else {
		title = "Rules"
		set, err := o.own(ctx)
		if err != nil {
			return err
		}
		engine, err := policies.Load(ctx, set.all()...)
		if err != nil {
			return err
		}
		rules = slices.DeleteFunc(engine.Describe(), func(d policies.Description) bool { return !set.owns(d) })
	}
	if len(rules) == 0 {
		return &usageError{"there are no rules to describe", "penstock policy new ID writes a first one"}
	}
	return writeOutputs(o.Streams, outs, pageFormats(), policies.Page(title, rules))
}

type explainOptions struct {
	policyOptions
	id string
}

func newPolicyExplain(s Streams) *cobra.Command {
	o := &explainOptions{policyOptions: policyOptions{Streams: s}}
	return &cobra.Command{
		Use:   "explain RULE",
		Short: "Say what a rule means, and what to do about it",
		Long: `explain prints what METADATA says of a rule: a built-in one, one of the repository,
or an answer of the dry-run (dry-run/...). Reports name rules by their ID.`,
		Example: `  penstock policy explain images/no-latest-tag`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{fmt.Sprintf("%s takes the ID of one rule, and got %d", c.CommandPath(), len(args)), "reports name the ID of each rule, such as images/no-latest-tag"}
			}
			o.id = args[0]
			return nil
		},
		ValidArgsFunction: o.complete,
		RunE:              func(c *cobra.Command, _ []string) error { return o.explain(c.Context()) },
	}
}

// known are the rules of the worktree, and the answers of the dry-run.
func (o *explainOptions) known(ctx context.Context) ([]policies.Description, error) {
	set, err := o.read(ctx)
	if err != nil {
		return nil, err
	}
	engine, err := policies.Load(ctx, set.all()...)
	if err != nil {
		return nil, err
	}
	rules := engine.Describe()
	for _, r := range dryrun.Rules() {
		rules = append(rules, policies.Description{Rule: r, Enabled: true})
	}
	return rules, nil
}

func (o *explainOptions) complete(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	rules, err := o.known(c.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var out []cobra.Completion
	for _, d := range rules {
		out = append(out, cobra.CompletionWithDesc(d.ID, d.Title))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (o *explainOptions) explain(ctx context.Context) error {
	rules, err := o.known(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, d := range rules {
		if d.ID == o.id {
			_, err := io.WriteString(o.Out, explanation(d))
			return err
		}
		ids = append(ids, d.ID)
	}
	hint := "penstock policy docs --builtin lists the built-in rules"
	if near := nearest(o.id, ids); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	} else if at := slices.IndexFunc(ids, func(id string) bool { return strings.HasSuffix(id, "/"+o.id) }); at >= 0 {
		hint = fmt.Sprintf("did you mean %s? %s", ids[at], hint)
	}
	return &usageError{"there is no rule " + o.id, hint}
}

// explanation is what there is to know of a rule, for a terminal.
func explanation(d policies.Description) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", d.ID, d.Title)
	for _, text := range []string{d.Description, d.Remediation} {
		if text != "" {
			fmt.Fprintf(&b, "\n%s\n", indented(text))
		}
	}
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-11s %s\n", name, value)
		}
	}
	b.WriteByte('\n')
	row("level", string(d.Level))
	if !d.Enabled {
		row("off", "until policies.severities gives it a level")
	}
	if d.NotWaivable {
		row("waivers", "have no effect on it")
	}
	row("looks at", strings.Join(d.Matches, "; "))
	for _, p := range d.Parameters {
		row("parameter", strings.TrimSpace(fmt.Sprintf("%s (default %s) %s", p.Name, p.Value(), p.Description)))
	}
	row("tags", strings.Join(d.Tags, ", "))
	row("written in", d.Place)
	row("more", d.HelpURL)
	return b.String()
}

// indented breaks a text into lines of 78 columns, each indented.
func indented(text string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
			b.WriteString("  ")
			column = 2
		case column+1+len(word) > 80:
			b.WriteString("\n  ")
			column = 2
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
