package policies

import (
	"context"
	"slices"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// FleetMember is one environment among all.
type FleetMember struct {
	Environment config.Environment
	// Base and Head are the same set where the change does not affect it.
	Base, Head *manifest.Set
	Deltas     []diff.Delta
}

// FleetInput is all environments of a change.
type FleetInput struct {
	Members []FleetMember
	// Settings has the severities and parameters of the configuration as a whole;
	// those of single environments do not count for rules that look at all.
	Settings    config.Environment
	Now         time.Time
	RuleTimeout time.Duration
}

// LooksAtFleet reports whether a rule that looks at all environments together
// is switched on by the settings of the configuration as a whole.
func (e *Engine) LooksAtFleet(settings config.Environment) bool {
	return slices.ContainsFunc(e.rules, func(r rule) bool { return r.scope == scopeFleet && r.runs(settings) })
}

// EvaluateFleet runs the rules that look at all environments together. There is
// one entry for all of them, without an environment, and one for each parameter
// that is wrong. What the configuration says of rules that are not there, Evaluate
// has said already.
func (e *Engine) EvaluateFleet(ctx context.Context, in FleetInput) (Result, error) {
	var all Result
	fleet := slices.DeleteFunc(slices.Clone(e.rules), func(r rule) bool { return r.scope != scopeFleet })
	waiting, cancel := patient(ctx, in.RuleTimeout)
	defer cancel()
	rules, faults, err := e.configure(waiting, fleet, in.Settings)
	if err != nil {
		return Result{}, err
	}
	for _, fault := range slices.Compact(slices.Sorted(slices.Values(faults))) {
		all.Entries = append(all.Entries, verdict.Entry{Stage: verdict.StagePolicy, Reason: verdict.Failed, Detail: fault})
	}
	if len(rules) == 0 {
		return all, nil
	}
	var head, base []member
	for _, m := range in.Members {
		head = append(head, member{m.Environment, m.Head, m.Deltas})
		base = append(base, member{m.Environment, m.Base, nil})
	}
	scene := Input{Environment: in.Settings, Now: in.Now, RuleTimeout: in.RuleTimeout}
	err = e.together(ctx, scene, rules, true, head, base, verdict.Entry{Stage: verdict.StagePolicy}, &all)
	return all, err
}
