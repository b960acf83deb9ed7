package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
	"github.com/spf13/cobra"
)

type policyBenchOptions struct {
	Streams
	sourceOptions
	compare string
	each    time.Duration
	outputs []string
}

func newPolicyBench(s Streams) *cobra.Command {
	o := &policyBenchOptions{Streams: s}
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure what each rule takes on the rendered repository",
		Long: `bench renders the environments of the head, runs each rule by itself on the objects
that it looks at, and prints time and memory for an object; the rule that takes
most in all comes first. In a check rules share what they compute alike, and take
less. The rules are those of the head, so that a change can be measured.`,
		Example: `  penstock policy bench -o json=before.json -o text
  penstock policy bench --compare before.json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	f := c.Flags()
	f.StringVar(&o.compare, "compare", "", "show the change since `FILE`, written by --output json")
	f.DurationVar(&o.each, "time", 200*time.Millisecond, "measure each rule for about this `TIME`")
	complete(c, "time", cobra.NoFileCompletions)
	outputFlag(c, &o.outputs, names(o.formats(nil)))
	return c
}

// benchSchema changes when a field goes or means something else.
const benchSchema = "penstock.dev/policy-bench/v1"

// measured is what bench says, as a document.
type measured struct {
	Schema string          `json:"schema"`
	Rules  []policies.Cost `json:"rules"`
	// Unmeasured are the rules that look at no object, or at many together.
	Unmeasured []string `json:"unmeasured"`
}

func (o *policyBenchOptions) run(ctx context.Context) (err error) {
	outs, err := parseOutputs(o.outputs, names(o.formats(nil)))
	if err != nil {
		return err
	}
	before, err := o.before()
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
	engine, err := loadRules(ctx, o.loader, c.Head, cfg, !o.fork)
	if err != nil {
		return err
	}
	pool := render.NewPool(render.PoolOptions{})
	defer func() { err = errors.Join(err, pool.Close()) }()
	var inputs []policies.Input
	for _, p := range pairs {
		if len(p.Head.Roots) == 0 {
			continue
		}
		result, err := pool.Render(ctx, c.Head, p.Head)
		if err != nil {
			return err
		}
		for _, gap := range result.Errors {
			fmt.Fprintf(o.Err, "%s: not measured: %s\n", p.Name(), gap)
		}
		inputs = append(inputs, policies.Input{Environment: p.Head, Head: result.Objects, Now: time.Now()})
	}
	m := measured{Schema: benchSchema, Unmeasured: []string{}}
	var unmeasured []string
	if m.Rules, unmeasured, err = engine.Bench(ctx, inputs, o.each); err != nil {
		return err
	}
	if m.Unmeasured = append(m.Unmeasured, unmeasured...); len(m.Rules) == 0 {
		return &usageError{"no rule looks at any object: there is nothing to measure", "penstock env lists the environments, and penstock policy docs the rules"}
	}
	return writeOutputs(o.Streams, outs, o.formats(before), m)
}

// before reads the file to compare with.
func (o *policyBenchOptions) before() (map[string]policies.Cost, error) {
	if o.compare == "" {
		return nil, nil
	}
	text, err := os.ReadFile(o.compare)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--compare %s: %s", o.compare, cause(err)), "write it with penstock policy bench -o json=FILE"}
	}
	var m measured
	if err := json.Unmarshal(text, &m); err != nil || m.Schema != benchSchema {
		return nil, &usageError{"--compare " + o.compare + " is not what penstock policy bench writes", "write it with penstock policy bench -o json=FILE"}
	}
	before := map[string]policies.Cost{}
	for _, c := range m.Rules {
		before[c.Rule] = c
	}
	return before, nil
}

func (o *policyBenchOptions) formats(before map[string]policies.Cost) []format[measured] {
	return []format[measured]{
		{"text", func(w io.Writer, m measured, _ look) error {
			_, err := io.WriteString(w, m.text(before))
			return err
		}},
		{"json", func(w io.Writer, m measured, _ look) error { return encodeJSON(w, m) }},
	}
}

func (m measured) text(before map[string]policies.Cost) string {
	var b strings.Builder
	width := len("rule")
	for _, c := range m.Rules {
		width = max(width, len(c.Rule))
	}
	fmt.Fprintf(&b, "%-*s  %8s  %10s  %8s  %8s  %10s", width, "rule", "objects", "µs/object", "allocs", "bytes", "ms in all")
	if before != nil {
		b.WriteString("  before")
	}
	b.WriteByte('\n')
	for _, c := range m.Rules {
		fmt.Fprintf(&b, "%-*s  %8d  %10.1f  %8d  %8d  %10.2f", width, c.Rule, c.Objects, float64(c.Nanoseconds)/1e3,
			c.Allocations, c.Bytes, float64(c.Nanoseconds)*float64(c.Objects)/1e6)
		if before != nil {
			b.WriteString("  " + since(c, before))
		}
		b.WriteByte('\n')
	}
	if n := len(m.Unmeasured); n > 0 {
		fmt.Fprintf(&b, "not measured, as they look at no object here, or at many together: %d %s (-o json lists them)\n", n, plural(n, "rule"))
	}
	return b.String()
}

func since(c policies.Cost, before map[string]policies.Cost) string {
	old, there := before[c.Rule]
	if !there || old.Nanoseconds == 0 {
		return "new"
	}
	return fmt.Sprintf("%+.0f%% (%.1f)", 100*(float64(c.Nanoseconds)/float64(old.Nanoseconds)-1), float64(old.Nanoseconds)/1e3)
}
