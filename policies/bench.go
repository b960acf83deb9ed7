package policies

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/diff"
)

// Cost is what a rule takes for one of the objects that it looks at, evaluated
// alone: in a check, rules of an object share what they compute alike.
type Cost struct {
	Rule string `json:"rule"`
	// Objects is how many objects the rule looks at, over all environments.
	Objects     int   `json:"objects"`
	Nanoseconds int64 `json:"nanoseconds"`
	Allocations int64 `json:"allocations"`
	Bytes       int64 `json:"bytes"`
}

// Bench measures every rule that runs on the objects of the head of the inputs,
// each for about the given time; the most expensive one in all comes first.
// Rules that look at no object there, or at all objects together, and
// constraints of Gatekeeper are not measured, and returned by ID.
func (e *Engine) Bench(ctx context.Context, inputs []Input, each time.Duration) (costs []Cost, unmeasured []string, err error) {
	for _, r := range e.rules {
		cost, err := e.bench(ctx, r, inputs, each)
		if err != nil {
			return nil, nil, fmt.Errorf("measuring %s: %w", r, err)
		}
		if cost.Objects > 0 {
			costs = append(costs, cost)
		}
	}
	for _, r := range e.Rules() {
		if !slices.ContainsFunc(costs, func(c Cost) bool { return c.Rule == r.ID }) {
			unmeasured = append(unmeasured, r.ID)
		}
	}
	slices.SortStableFunc(costs, func(a, b Cost) int {
		x, y := a.Nanoseconds*int64(a.Objects), b.Nanoseconds*int64(b.Objects)
		switch {
		case x != y:
			return int(min(max(y-x, -1), 1))
		}
		return strings.Compare(a.Rule, b.Rule)
	})
	return costs, unmeasured, nil
}

// trial is a rule ready to run on the objects of one environment.
type trial struct {
	worker *worker
	world  *world
	inputs []ast.Value
}

func (e *Engine) bench(ctx context.Context, r rule, inputs []Input, each time.Duration) (Cost, error) {
	cost := Cost{Rule: r.ID}
	var trials []trial
	for _, in := range inputs {
		t, done, err := e.trial(ctx, r, in)
		if err != nil {
			return cost, err
		}
		defer done()
		trials = append(trials, t)
		cost.Objects += len(t.inputs)
	}
	if cost.Objects == 0 {
		return cost, nil
	}
	pass := func() error {
		for _, t := range trials {
			for _, input := range t.inputs {
				t.worker.ev.used[0].Store(0)
				if _, err := t.worker.run(ctx, 0, t.world, input, topdown.NewVirtualCache()); err != nil {
					return err
				}
			}
		}
		return ctx.Err()
	}
	if err := pass(); err != nil { // what is compiled at the first use is
		return cost, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, n := time.Now(), int64(0)
	for time.Since(start) < each || n == 0 {
		if err := pass(); err != nil {
			return cost, err
		}
		n += int64(cost.Objects)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	cost.Nanoseconds = took.Nanoseconds() / n
	cost.Allocations = int64(after.Mallocs-before.Mallocs) / n
	cost.Bytes = int64(after.TotalAlloc-before.TotalAlloc) / n
	return cost, nil
}

// trial prepares what a check makes for a rule: its parameters, the inventory,
// and an input for each object that it looks at.
func (e *Engine) trial(ctx context.Context, r rule, in Input) (trial, func(), error) {
	one := *e
	one.rules = []rule{r}
	settings, _, err := one.settings(ctx, in.Environment, in.RuleTimeout)
	if err != nil {
		return trial{}, nil, err
	}
	settings = slices.DeleteFunc(settings, func(s setting) bool { return s.ref != r.ref || s.scope != scopeObject || s.constraint != nil })
	if len(settings) == 0 {
		return trial{}, func() {}, nil
	}
	in.Base, in.Deltas = in.Head, nil
	ev, err := e.prepare(ctx, in, settings)
	if err != nil {
		return trial{}, nil, err
	}
	t := trial{worker: newWorker(ev), world: ev.head}
	for _, o := range in.Head.All() {
		if !settings[0].match.object(o.ID(), diff.Create) {
			continue
		}
		doc := newDocument(o, headMark, t.worker.keys)
		t.inputs = append(t.inputs, newReview(doc, nil, diff.Create, ev.environment).input(ev.parameters[0]))
	}
	return t, func() { ev.close(ctx) }, nil
}
