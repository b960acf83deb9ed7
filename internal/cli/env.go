package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/spf13/cobra"
)

type envOptions struct {
	Streams
	sourceOptions
	outputs []string
}

func newEnv(s Streams) *cobra.Command {
	o := &envOptions{Streams: s}
	c := &cobra.Command{
		Use:   "env",
		Short: "List the environments: how each was found, its roots, and whether the change may affect it",
		Long: `env lists the environments that base and head have, without rendering them: how
each was found, where it starts, and the changed files that it may read.`,
		Example: `  penstock env
  penstock env -o json | jq -c '[.environments[] | select(.affected) | .name]'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	outputFlag(c, &o.outputs, names(envFormats()))
	return c
}

// listing is what env says, as a document.
type listing struct {
	Schema string `json:"schema"`
	// Base and Head name the two sides for people.
	Base         string  `json:"base"`
	Head         string  `json:"head"`
	Environments []entry `json:"environments"`
}

// listingSchema changes when a field goes or means something else.
const listingSchema = "penstock.dev/environments/v1"

// entry is one environment.
type entry struct {
	Name              string `json:"name"`
	Found             string `json:"found"`
	KubernetesVersion string `json:"kubernetesVersion"`
	// AppliedBy is who applies it, AppliedWhy what says so, and ApplyOptions how;
	// all are left out if that is not known.
	AppliedBy    string            `json:"appliedBy,omitempty"`
	AppliedWhy   string            `json:"appliedWhy,omitempty"`
	ApplyOptions []string          `json:"applyOptions,omitempty"`
	Labels       map[string]string `json:"labels,omitempty"`
	Roots        []root            `json:"roots"`
	// Affected says whether the environment may read one of the changed files,
	// which Files are. Only rendering tells what it does read.
	Affected bool     `json:"affected"`
	Files    []string `json:"files"`
}

// root is where an environment starts. Only is base or head if the other side
// does not have it.
type root struct {
	config.Root
	Only string `json:"only,omitempty"`
}

func (o *envOptions) run(ctx context.Context) (err error) {
	outs, err := parseOutputs(o.outputs, names(envFormats()))
	if err != nil {
		return err
	}
	c, cfg, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	pairs, err := environments(c, cfg, o.environment)
	if err != nil {
		return err
	}
	l := listing{Schema: listingSchema, Base: c.BaseName, Head: c.HeadName, Environments: []entry{}}
	for _, p := range pairs {
		l.Environments = append(l.Environments, list(c, p))
	}
	return writeOutputs(o.Streams, outs, envFormats(), l)
}

func list(c *change.Change, p config.Pair) entry {
	env := p.Settings()
	e := entry{
		Name: env.Name, Found: env.Found, KubernetesVersion: env.KubernetesVersion, Labels: env.Labels, Files: []string{},
		AppliedBy: env.AppliedBy, AppliedWhy: env.AppliedWhy, ApplyOptions: env.ApplyOptions,
	}
	for _, r := range env.Roots {
		same := func(other config.Root) bool {
			return r.Path == other.Path && r.Release == other.Release && slices.Equal(r.Values, other.Values)
		}
		shown := root{Root: r}
		switch {
		case !slices.ContainsFunc(p.Base.Roots, same):
			shown.Only = "head"
		case !slices.ContainsFunc(p.Head.Roots, same):
			shown.Only = "base"
		}
		e.Roots = append(e.Roots, shown)
	}
	files, _ := pipeline.Affected(c, p)
	e.Files = append(e.Files, files...)
	e.Affected = len(files) > 0
	return e
}

func envFormats() []format[listing] {
	return []format[listing]{
		{"text", func(w io.Writer, l listing, _ look) error {
			_, err := io.WriteString(w, l.text())
			return err
		}},
		{"json", func(w io.Writer, l listing, _ look) error { return encodeJSON(w, l) }},
	}
}

func (l listing) text() string {
	if len(l.Environments) == 0 {
		return "no environment: neither base nor head holds manifests\n"
	}
	var b strings.Builder
	for i, e := range l.Environments {
		if i > 0 {
			b.WriteByte('\n')
		}
		e.text(&b)
	}
	return b.String()
}

func (e entry) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s\n  found       %s\n  kubernetes  %s\n", e.Name, e.Found, e.KubernetesVersion)
	if e.AppliedBy == "" {
		b.WriteString("  applied     by whom is not known\n")
	} else {
		fmt.Fprintf(b, "  applied     by %s (%s)\n", strings.Join(append([]string{e.AppliedBy}, e.ApplyOptions...), " "), e.AppliedWhy)
	}
	for _, r := range e.Roots {
		fmt.Fprintf(b, "  root        %s %s", r.Kind, r.Path)
		if len(r.Values) > 0 {
			fmt.Fprintf(b, " with %s", strings.Join(r.Values, ", "))
		}
		switch r.Only {
		case "base":
			b.WriteString("  (only base has it)")
		case "head":
			b.WriteString("  (only head has it)")
		}
		b.WriteByte('\n')
	}
	switch len(e.Files) {
	case 0:
		b.WriteString("  affected    no\n")
	case 1:
		fmt.Fprintf(b, "  affected    through %s\n", e.Files[0])
	default:
		fmt.Fprintf(b, "  affected    through %s and %d more\n", e.Files[0], len(e.Files)-1)
	}
}
