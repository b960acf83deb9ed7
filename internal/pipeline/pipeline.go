// Package pipeline runs the stages of a check in order, on what it is given,
// and makes the report: change, configuration, environments, render, diff,
// policies, dry-run, verdict. It prints and posts nothing.
package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

// Renderer renders an environment out of a tree.
type Renderer interface {
	Render(context.Context, fs.FS, config.Environment) (render.Result, error)
}

// Judge evaluates rules on an environment.
type Judge interface {
	Rules() []verdict.Rule
	Evaluate(context.Context, policies.Input) (policies.Result, error)
	// LooksAtFleet reports whether a rule looks at all environments together;
	// EvaluateFleet runs those that do.
	LooksAtFleet(config.Environment) bool
	EvaluateFleet(context.Context, policies.FleetInput) (policies.Result, error)
}

// Trier tries an environment on an API server.
type Trier interface {
	// Prepare makes a server ready in the background.
	Prepare(context.Context, config.Environment)
	Try(context.Context, dryrun.Input) (dryrun.Result, error)
}

// Options are what a run works on and with.
type Options struct {
	Change *change.Change
	// Config is the configuration of the base.
	Config *config.Config
	// Environment limits the run to one environment, by name.
	Environment string
	Renderer    Renderer
	Judge       Judge
	// Trier is nil where the dry-run is switched off.
	Trier Trier
	// Next loads the configuration and the rules of head. It is called only where
	// the change edits what changes are judged by; nil previews nothing. When its
	// context ends it begins no further step: reading a configuration, of a
	// megabyte at most, and listing its directories of rules cannot be interrupted.
	// Its error is an *Unpreviewed where that is not to be looked at.
	Next func(context.Context) (*config.Config, Judge, error)
	Tool report.Tool
	// Now is the time of the run.
	Now time.Time
	// Progress is told what the run does, for people; nil is silent.
	Progress func(string)

	definitions *definitions
}

// Run carries out a check. Its error is for what keeps the run as a whole from
// being made; what cannot be evaluated is in the report.
func Run(ctx context.Context, opts Options) (*report.Report, error) {
	started := time.Now()
	r := newReport(opts)
	envs, manifests, err := environments(opts)
	if err != nil {
		return nil, err
	}
	if opts.definitions, err = newDefinitions(opts, envs); err != nil {
		return nil, err
	}
	waivers, err := opts.Config.LoadWaivers(opts.Change.Base)
	if err != nil {
		return nil, err
	}
	results, err := each(ctx, envs, func(ctx context.Context, env config.Pair) (outcome, error) {
		o, err := check(ctx, opts, env)
		if !looksAtFleet(opts) {
			o.member = nil // renderings are large
		}
		return o, err
	})
	if err != nil {
		return nil, err
	}
	own, reads, ledger := gather(r, results)
	ledger = append(ledger, skipped(opts.Change)...)
	if err := judgeFleet(ctx, opts, r, results, &ledger); err != nil {
		return nil, err
	}
	files, hidden, entries, err := judges(ctx, opts, r)
	if err != nil {
		return nil, err
	}
	ledger = append(ledger, entries...)
	definitions, entries := triedBy(opts, reads)
	ledger, files = append(ledger, entries...), append(files, definitions...)
	r.Unowned = slices.DeleteFunc(unowned(opts.Change.Files, reads, opts.Environment != ""), func(p string) bool { return slices.Contains(files, p) })
	judged := policyRules(opts, own)
	r.Rules = append(r.Rules, loadedRules(opts, judged, len(waivers) > 0)...)
	r.Findings = append(r.Findings, verdict.Waive(r.Findings, waivers, sight(r, opts, ledger))...)
	r.Coverage = covered(r.Coverage, r.Findings)
	slices.Sort(r.UnseenKinds)
	r.UnseenKinds = slices.Compact(r.UnseenKinds)
	secrets := []redact.Redactor{hidden}
	for _, o := range results {
		secrets = append(secrets, o.secrets)
	}
	hide(r, ledger, redact.Union(secrets...))
	finish(r, ledger, opts, manifests, len(judged))
	r.Timing = report.Timing{Started: started.UTC(), Seconds: time.Since(started).Seconds()}
	return r, nil
}

// gather puts what a run says of its environments into the report, and returns the
// rules that they hold, what they depend on, and their entries.
func gather(r *report.Report, results []outcome) (own []verdict.Rule, reads change.Reads, ledger []verdict.Entry) {
	for _, o := range results {
		r.Environments = append(r.Environments, o.environment)
		r.Findings = append(r.Findings, o.findings...)
		own = append(own, o.rules...)
		ledger = append(ledger, o.ledger...)
		r.Coverage = append(r.Coverage, o.coverage...)
		r.UnseenKinds = append(r.UnseenKinds, o.unseen...)
		reads = reads.Union(o.reads)
	}
	return own, reads, ledger
}

// skipped lists what is no part of the trees that are compared.
func skipped(c *change.Change) []verdict.Entry {
	var out []verdict.Entry
	for _, s := range c.Skipped {
		out = append(out, verdict.Entry{Stage: verdict.StageDiscover, Object: verdict.Object{Kind: "Submodule", Name: s.Path}, Reason: verdict.Unsupported, Detail: s.Reason})
	}
	return out
}

// environments resolves the environments of both sides, and reports whether
// the repository holds any manifest at all.
func environments(opts Options) ([]config.Pair, bool, error) {
	pairs, err := opts.Config.ResolveChange(opts.Change.Base, opts.Change.Head)
	if err != nil {
		return nil, false, err
	}
	manifests := len(pairs) > 0
	if opts.Environment == "" {
		return pairs, manifests, nil
	}
	var names []string
	for _, p := range pairs {
		if p.Name() == opts.Environment {
			return []config.Pair{p}, manifests, nil
		}
		names = append(names, p.Name())
	}
	return nil, false, &UnknownEnvironment{opts.Environment, names}
}

// UnknownEnvironment says that an environment that was asked for is not there.
type UnknownEnvironment struct {
	Name  string
	Known []string
}

func (e *UnknownEnvironment) Error() string {
	return fmt.Sprintf("there is no environment %s", e.Name)
}

// UserHint says which there are.
func (e *UnknownEnvironment) UserHint() string {
	return fmt.Sprintf("known environments: %v; `penstock env` says how they were found", e.Known)
}

// concurrency bounds how many environments are worked on at the same time.
const concurrency = 4

// each works on all environments, a few at a time; results are in their order.
func each[E interface{ Name() string }](ctx context.Context, envs []E, work func(context.Context, E) (outcome, error)) ([]outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make([]outcome, len(envs))
	errs := make([]error, len(envs))
	slots := make(chan struct{}, concurrency)
	var wait sync.WaitGroup
	for i, env := range envs {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if results[i], errs[i] = work(ctx, env); errs[i] != nil {
				cancel()
			}
		})
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return nil, fmt.Errorf("checking %s: %w", envs[i].Name(), err)
		}
	}
	return results, errors.Join(errs...)
}

// unowned are changed files that no environment reads. A run that looks at one
// environment only cannot tell.
func unowned(files []change.File, reads change.Reads, partial bool) []string {
	if partial {
		return nil
	}
	owned := reads.Touched(files)
	var out []string
	for _, f := range files {
		for _, p := range f.Paths() {
			if _, found := slices.BinarySearch(owned, p); !found {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func newReport(opts Options) *report.Report {
	c := opts.Change
	return &report.Report{
		Schema: report.SchemaVersion, Tool: opts.Tool, Only: opts.Environment,
		Change:   report.Change{Base: c.BaseName, Head: c.HeadName, BaseCommit: c.BaseCommit, HeadCommit: c.HeadCommit, Files: len(c.Files)},
		Findings: []verdict.Finding{}, NotEvaluated: []verdict.Entry{}, Environments: []report.Environment{}, Rules: []verdict.Rule{}, Unowned: []string{},
	}
}

// hide hides in all texts what is secret in any environment, and what looks like
// a credential.
func hide(r *report.Report, ledger []verdict.Entry, secrets redact.Redactor) {
	text := func(s string) string { return redact.Credentials(secrets.Replace(s)) }
	report.Redact(r, text)
	for i := range ledger {
		ledger[i].Detail = text(ledger[i].Detail)
	}
}

// finish orders what was found, counts it, and decides.
func finish(r *report.Report, ledger []verdict.Entry, opts Options, manifests bool, policyRules int) {
	fingerprint(r.Findings)
	if p := r.Preview; p != nil {
		fingerprint(p.Added)
		fingerprint(p.Removed)
	}
	verdict.SortFindings(r.Findings)
	verdict.SortLedger(ledger)
	for _, e := range ledger {
		if !e.Evaluated() {
			r.NotEvaluated = append(r.NotEvaluated, e)
		}
	}
	r.Counts = count(r, ledger)
	r.Counts.Rules = policyRules
	r.Gate, r.Strict = verdict.Gate(cmp.Or(opts.Config.Gate, string(verdict.GateNew))), opts.Config.Strict
	whole := verdict.Case{
		Findings: r.Findings, Ledger: ledger, Manifests: manifests,
		Environments: len(r.Environments), Affected: r.Counts.Affected, Rules: policyRules,
		Gate: r.Gate, Strict: r.Strict,
	}
	r.Verdict = verdict.Decide(whole)
	for i, env := range r.Environments {
		r.Environments[i].Outcome = verdict.Decide(whole.Of(env.Name, env.Affected)).Outcome
	}
}

func fingerprint(findings []verdict.Finding) {
	for i := range findings {
		findings[i].Fingerprint = verdict.Fingerprint(findings[i])
	}
}

// count counts what the report holds, and what was evaluated.
func count(r *report.Report, ledger []verdict.Entry) report.Counts {
	c := report.Tally(r)
	c.Evaluated = map[verdict.Stage]int{}
	for _, e := range ledger {
		if e.Evaluated() {
			c.Evaluated[e.Stage]++
		}
	}
	return c
}
