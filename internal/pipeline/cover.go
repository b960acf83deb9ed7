package pipeline

import (
	"context"
	"slices"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

// Coverage is what rules look at in the environments as they are at head.
type Coverage struct {
	Environments []config.Environment
	Objects      int
	// Rules has a line for each rule that runs somewhere, by ID; UnseenKinds are
	// kinds that no rule looks at in an environment.
	Rules       []verdict.Coverage
	UnseenKinds []string
	// NotEvaluated is what keeps the counts from being complete.
	NotEvaluated []verdict.Entry
	// Loaded are all rules by ID, those included that the environments hold.
	Loaded []verdict.Rule
}

// Cover renders every environment at head, whatever the change, and has the
// rules look at all of it. Waivers do not count; rules that look at what a
// change does are not asked.
func Cover(ctx context.Context, opts Options) (Coverage, error) {
	envs, _, err := environments(opts)
	if err != nil {
		return Coverage{}, err
	}
	results, err := each(ctx, envs, func(ctx context.Context, pair config.Pair) (outcome, error) {
		return cover(ctx, opts, pair)
	})
	if err != nil {
		return Coverage{}, err
	}
	var out Coverage
	var lines []verdict.Coverage
	var own []verdict.Rule
	for _, o := range results {
		out.Objects += o.environment.Objects
		lines = append(lines, o.coverage...)
		out.UnseenKinds = append(out.UnseenKinds, o.unseen...)
		own = append(own, o.rules...)
		for _, e := range o.ledger {
			if !e.Evaluated() {
				e.Detail = redact.Credentials(e.Detail)
				out.NotEvaluated = append(out.NotEvaluated, e)
			}
		}
	}
	for _, pair := range envs {
		out.Environments = append(out.Environments, pair.Settings())
	}
	out.Rules, out.Loaded = covered(lines, nil), policyRules(opts, own)
	slices.Sort(out.UnseenKinds)
	out.UnseenKinds = slices.Compact(out.UnseenKinds)
	return out, nil
}

func cover(ctx context.Context, opts Options, pair config.Pair) (outcome, error) {
	say(opts, "rendering %s", pair.Name())
	head, err := opts.Renderer.Render(ctx, opts.Change.Head, pair.Head)
	if err != nil {
		return outcome{}, err
	}
	return coverRendered(ctx, opts, pair, head)
}

// coverRendered has the rules look at all of an environment as it was rendered.
func coverRendered(ctx context.Context, opts Options, pair config.Pair, head render.Result) (outcome, error) {
	env := pair.Settings()
	o := outcome{environment: report.Environment{Name: env.Name}}
	for _, e := range head.Errors {
		o.note(failed(e, "head"))
	}
	if len(head.Errors) > 0 {
		return o, nil
	}
	o.environment.Objects = head.Objects.Len()
	in := policies.Input{Environment: env, Base: head.Objects, Head: head.Objects, Now: opts.Now, BuiltinErrors: opts.Config.Policies.BuiltinErrors}
	return o, judge(ctx, opts, &o, in)
}
