package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

// outcome is what a run says of one environment.
type outcome struct {
	environment report.Environment
	findings    []verdict.Finding
	ledger      []verdict.Entry
	coverage    []verdict.Coverage
	// unseen are kinds that no rule looks at.
	unseen []string
	// rules are those that the environment itself holds: its constraints.
	rules []verdict.Rule
	// member is the environment for rules that look at all of them together; nil
	// where what it receives is not known.
	member *policies.FleetMember
	// reads is what rendering the environment depends on.
	reads change.Reads
	// secrets are the values of its Secrets, at base and head.
	secrets redact.Redactor
}

func (o *outcome) note(e verdict.Entry) {
	e.Environment = o.environment.Name
	o.ledger = append(o.ledger, e)
}

func (o *outcome) add(entries []verdict.Entry) {
	for _, e := range entries {
		o.note(e)
	}
}

// Affected says which of the changed files an environment may read, at base or
// head, without rendering it.
func Affected(c *change.Change, env config.Pair) (files []string, reads change.Reads) {
	base, head := change.NewRecorder(c.Base), change.NewRecorder(c.Head)
	render.Reach(base, env.Base)
	render.Reach(head, env.Head)
	reads = base.Reads().Union(head.Reads())
	return reads.Touched(c.Files), reads
}

// check runs the stages for one environment. One that the change cannot reach
// is not rendered.
func check(ctx context.Context, opts Options, pair config.Pair) (outcome, error) {
	env := pair.Settings()
	o := outcome{environment: report.Environment{
		Name: env.Name, Found: env.Found, Roots: env.Roots, KubernetesVersion: env.KubernetesVersion, Labels: env.Labels,
	}}
	reachable, reach := Affected(opts.Change, pair)
	o.reads = reach
	if len(reachable) == 0 {
		return o, renderUnaffected(ctx, opts, &o, pair)
	}
	if opts.Trier != nil {
		opts.Trier.Prepare(ctx, env)
	}
	say(opts, "rendering %s", env.Name)
	base, head, err := renderBoth(ctx, opts, pair)
	if err != nil {
		return o, err
	}
	o.reads = base.Reads.Union(head.Reads)
	o.environment.Files = o.reads.Touched(opts.Change.Files)
	o.environment.Affected = len(o.environment.Files) > 0
	o.environment.Objects = head.Objects.Len()
	if len(base.Errors)+len(head.Errors) == 0 {
		o.member = &policies.FleetMember{Environment: env, Base: base.Objects, Head: head.Objects}
	}
	if !o.environment.Affected {
		return o, nil
	}
	if !rendered(&o, base, head) {
		return o, nil
	}
	for _, e := range unfollowed(head.Objects) {
		o.note(e)
	}
	deltas := diff.Compare(base.Objects, head.Objects)
	o.member.Deltas = deltas
	o.secrets = redact.New(shortestSecret, slices.Concat(base.Objects.All(), head.Objects.All())...)
	if o.environment.Deltas, err = show(deltas, secretKey(base.Objects, head.Objects), o.secrets); err != nil {
		return o, err
	}
	if err := judge(ctx, opts, &o, policies.Input{Environment: env, Base: base.Objects, Head: head.Objects, Deltas: deltas, Now: opts.Now, BuiltinErrors: opts.Config.Policies.BuiltinErrors}); err != nil {
		return o, err
	}
	return o, try(ctx, opts, &o, dryrun.Input{Environment: env, Base: base.Objects, Head: head.Objects, Deltas: deltas, Sisters: sisters{opts, env.Name}})
}

// renderBoth renders both sides at the same time.
func renderBoth(ctx context.Context, opts Options, pair config.Pair) (base, head render.Result, err error) {
	var wait sync.WaitGroup
	var baseErr, headErr error
	wait.Go(func() { base, baseErr = opts.Renderer.Render(ctx, opts.Change.Base, pair.Base) })
	wait.Go(func() { head, headErr = opts.Renderer.Render(ctx, opts.Change.Head, pair.Head) })
	wait.Wait()
	return base, head, cmp.Or(baseErr, headErr)
}

// judge evaluates the policies. Severities of what the API server says are none
// of their business.
func judge(ctx context.Context, opts Options, o *outcome, in policies.Input) error {
	if opts.Judge == nil {
		return nil
	}
	in.Environment.Severities, _ = severities(in.Environment)
	say(opts, "evaluating policies on %s", in.Environment.Name)
	result, err := opts.Judge.Evaluate(ctx, in)
	if err != nil {
		return err
	}
	o.findings = append(o.findings, result.Findings...)
	o.rules = append(o.rules, result.Rules...)
	o.add(result.Entries)
	o.coverage, o.unseen = result.Coverage, result.Unseen
	return nil
}

// rendered notes the outcome of rendering. A side that did not render makes
// comparing pointless: what is missing there would look deleted or created.
func rendered(o *outcome, base, head render.Result) bool {
	for _, e := range head.Errors {
		o.note(failed(e, "head"))
	}
	for _, e := range base.Errors {
		if len(head.Errors) == 0 {
			o.note(failed(e, "base"))
		}
	}
	if len(base.Errors)+len(head.Errors) > 0 {
		o.note(verdict.Entry{Stage: verdict.StagePolicy, Reason: verdict.Blocked, Detail: "the environment did not render"})
		o.environment.Rollback = &verdict.Rollback{State: verdict.RollbackNotEvaluated, Reason: verdict.Blocked, Detail: "the environment did not render"}
		return false
	}
	o.note(verdict.Entry{Stage: verdict.StageRender})
	return true
}

func failed(e *render.Error, side string) verdict.Entry {
	detail := e.Msg
	if side == "base" {
		detail = "at base: " + detail
	}
	if e.Hint != "" {
		detail += " — " + e.Hint
	}
	entry := verdict.Entry{Stage: verdict.StageRender, Reason: e.Reason, Detail: detail}
	if e.File != "" {
		entry.Location = &verdict.Location{File: e.File, Line: e.Line}
	}
	return entry
}

// shortestSecret is the length from which the value of a Secret is hidden in
// texts that are not about that Secret: shorter ones are words of every text.
const shortestSecret = 6

// secretKey is the key of the hashes that stand for secret values in the report.
// It is made of the secrets themselves, so that the same change gives the same
// report, and whoever reads the report cannot try values without knowing the
// others.
func secretKey(sets ...*manifest.Set) []byte {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, set := range sets {
		for _, o := range set.All() {
			if o.ID().Kind == "Secret" {
				_ = enc.Encode(o.Fields()) // JSON data always encodes, and a hash takes all
			}
		}
	}
	return h.Sum(nil)
}

// show turns deltas into their form in the report.
func show(deltas []diff.Delta, key []byte, secrets redact.Redactor) ([]report.Delta, error) {
	secrets = secrets.Keyed(key)
	var out []report.Delta
	for _, d := range deltas {
		text, err := d.Text(diff.TextOptions{Key: key, Secrets: secrets})
		if err != nil {
			return nil, err
		}
		shown := report.Delta{Operation: d.Operation, Object: Name(d.Current()), Location: location(d.Current().Origin().Position), Diff: text}
		if d.RenamedFrom != nil {
			shown.RenamedFrom = d.RenamedFrom.String()
		}
		if d.RenamedTo != nil {
			shown.RenamedTo = d.RenamedTo.String()
		}
		out = append(out, shown)
	}
	return out, nil
}

// Name is an object as findings and entries name it.
func Name(o *manifest.Object) verdict.Object {
	id := o.ID()
	return verdict.Object{APIVersion: o.APIVersion(), Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
}

func location(p manifest.Position) *verdict.Location {
	if p.File == "" {
		return nil
	}
	return &verdict.Location{File: p.File, Line: p.Line}
}

// try has the change tried on an API server, or notes for every delta that it
// was not.
func try(ctx context.Context, opts Options, o *outcome, in dryrun.Input) error {
	if opts.Trier == nil {
		for _, d := range in.Deltas {
			o.note(verdict.Entry{Stage: verdict.StageDryRun, Reason: verdict.Off, Object: Name(d.Current()), Detail: "the dry-run is switched off"})
		}
		if len(in.Deltas) > 0 {
			o.environment.Rollback = &verdict.Rollback{State: verdict.RollbackNotEvaluated, Reason: verdict.Off, Detail: "the dry-run is switched off"}
		}
		return nil
	}
	say(opts, "trying %s on an API server", in.Environment.Name)
	var err error
	if in.Definitions, err = opts.definitions.of(opts, in); err != nil {
		return err
	}
	result, err := opts.Trier.Try(ctx, in)
	if err != nil {
		return err
	}
	o.environment.DryRun, o.environment.Rollback = result.Backend, result.Rollback
	for i, effects := range result.Effects {
		o.environment.Deltas[i].Effects = effects
	}
	o.add(untriedRollback(result.Rollback, in.Environment))
	findings, entries := level(result.Findings, in.Environment)
	o.findings = append(o.findings, findings...)
	o.add(result.Entries)
	o.add(entries)
	return nil
}

// untriedRollback lists that it was not found out whether the change can be
// undone. That blocks only where the configuration makes an error of a change
// that cannot.
func untriedRollback(r *verdict.Rollback, env config.Environment) []verdict.Entry {
	if r == nil || r.Reason != verdict.Unverifiable {
		return nil // known, switched off, or listed with what keeps it from being tried
	}
	e := verdict.Entry{Stage: verdict.StageDryRun, Reason: r.Reason, Detail: "whether the change can be rolled back: " + r.Detail}
	if env.Severities[dryrun.RuleRollback] == string(verdict.Error) {
		e.Reason = verdict.Failed
	}
	return []verdict.Entry{e}
}

// severities parts the severities of an environment into those of policy rules
// and those of what the API server says.
func severities(env config.Environment) (rules, answers map[string]string) {
	rules, answers = map[string]string{}, map[string]string{}
	for id, severity := range env.Severities {
		if strings.HasPrefix(id, dryrun.RulePrefix) {
			answers[id] = severity
		} else {
			rules[id] = severity
		}
	}
	return rules, answers
}

// level gives findings of the API server the severities of the configuration. A
// severity for a rule that is not there is listed, since somebody counts on it.
func level(findings []verdict.Finding, env config.Environment) ([]verdict.Finding, []verdict.Entry) {
	_, set := severities(env)
	var kept []verdict.Finding
	for _, f := range findings {
		severity := set[f.Rule]
		if severity == "off" {
			continue
		}
		if severity != "" {
			f.Level = verdict.Level(severity)
		}
		kept = append(kept, f)
	}
	var entries []verdict.Entry
	for _, id := range slices.Sorted(maps.Keys(set)) {
		if !slices.ContainsFunc(dryrun.Rules(), func(r verdict.Rule) bool { return r.ID == id }) {
			entries = append(entries, verdict.Entry{Stage: verdict.StageDryRun, Reason: verdict.Failed, Detail: fmt.Sprintf("a severity is set for %s, which the API server's answers do not have; correct its ID in %s", id, config.FileName)})
		}
	}
	return kept, entries
}

func say(opts Options, format string, args ...any) {
	if opts.Progress != nil {
		opts.Progress(fmt.Sprintf(format, args...))
	}
}
