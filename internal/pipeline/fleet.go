package pipeline

import (
	"context"
	"fmt"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

// fleetSettings are what the configuration says of rules for no environment in
// particular.
func fleetSettings(c *config.Config) config.Environment {
	return config.Environment{Severities: c.Policies.Severities, Parameters: c.Policies.Parameters}
}

// looksAtFleet reports whether a rule wants to see all environments. A run that
// is limited to one cannot show them.
func looksAtFleet(opts Options) bool {
	return opts.Judge != nil && opts.Judge.LooksAtFleet(fleetSettings(opts.Config))
}

// renderUnaffected renders an environment that the change does not reach, where
// a rule looks at all of them. Both sides are the same.
func renderUnaffected(ctx context.Context, opts Options, o *outcome, pair config.Pair) error {
	if !looksAtFleet(opts) || opts.Environment != "" {
		return nil
	}
	say(opts, "rendering %s", pair.Name())
	result, err := opts.Renderer.Render(ctx, opts.Change.Head, pair.Head)
	if err != nil {
		return err
	}
	if len(result.Errors) == 0 {
		o.member = &policies.FleetMember{Environment: pair.Settings(), Base: result.Objects, Head: result.Objects}
	}
	return nil
}

// judgeFleet runs the rules that look at all environments together, if there
// are any. Unless all of them rendered, nothing is said of any.
func judgeFleet(ctx context.Context, opts Options, r *report.Report, results []outcome, ledger *[]verdict.Entry) error {
	if !looksAtFleet(opts) {
		return nil
	}
	entry := verdict.Entry{Stage: verdict.StagePolicy, Reason: verdict.Blocked}
	if opts.Environment != "" {
		entry.Reason, entry.Detail = verdict.Off, "rules that look at all environments together do not run where the run is limited to one"
		*ledger = append(*ledger, entry)
		return nil
	}
	in := policies.FleetInput{Settings: fleetSettings(opts.Config), Now: opts.Now}
	affected := false
	for i, o := range results {
		results[i].member = nil // renderings are large, and nobody else asks for them
		affected = affected || o.environment.Affected
		if o.member == nil {
			entry.Detail = fmt.Sprintf("rules that look at all environments together did not run: %s did not render", o.environment.Name)
			continue
		}
		in.Members = append(in.Members, *o.member)
	}
	if !affected {
		return nil
	}
	if entry.Detail != "" {
		*ledger = append(*ledger, entry)
		return nil
	}
	say(opts, "evaluating policies on all environments")
	result, err := opts.Judge.EvaluateFleet(ctx, in)
	if err != nil {
		return err
	}
	r.Findings = append(r.Findings, result.Findings...)
	r.Coverage = append(r.Coverage, result.Coverage...)
	*ledger = append(*ledger, result.Entries...)
	return nil
}
