package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
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
	// reads is what rendering the environment depends on.
	reads change.Reads
}

func (o *outcome) note(e verdict.Entry) {
	e.Environment = o.environment.Name
	o.ledger = append(o.ledger, e)
}

// Affected says which of the changed files an environment may read, at base or
// head, without rendering it.
func Affected(c *change.Change, env config.Environment) (files []string, reads change.Reads) {
	base, head := change.NewRecorder(c.Base), change.NewRecorder(c.Head)
	render.Reach(base, env)
	render.Reach(head, env)
	reads = base.Reads().Union(head.Reads())
	return reads.Touched(c.Files), reads
}

// check runs the stages for one environment. One that the change cannot reach
// is not rendered.
func check(ctx context.Context, opts Options, env config.Environment) (outcome, error) {
	o := outcome{environment: report.Environment{
		Name: env.Name, Found: env.Found, Roots: env.Roots, KubernetesVersion: env.KubernetesVersion, Labels: env.Labels,
	}}
	reachable, reach := Affected(opts.Change, env)
	o.reads = reach
	if len(reachable) == 0 {
		return o, nil
	}
	say(opts, "rendering %s", env.Name)
	base, err := opts.Renderer.Render(ctx, opts.Change.Base, env)
	if err != nil {
		return o, err
	}
	head, err := opts.Renderer.Render(ctx, opts.Change.Head, env)
	if err != nil {
		return o, err
	}
	o.reads = base.Reads.Union(head.Reads)
	o.environment.Files = o.reads.Touched(opts.Change.Files)
	o.environment.Affected = len(o.environment.Files) > 0
	o.environment.Objects = head.Objects.Len()
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
	if o.environment.Deltas, err = show(deltas, secretKey(base.Objects, head.Objects)); err != nil {
		return o, err
	}
	if opts.Judge != nil {
		say(opts, "evaluating policies on %s", env.Name)
		result, err := opts.Judge.Evaluate(ctx, policies.Input{Environment: env, Base: base.Objects, Head: head.Objects, Deltas: deltas, Now: opts.Now})
		if err != nil {
			return o, err
		}
		o.findings = append(o.findings, result.Findings...)
		o.ledger = append(o.ledger, result.Entries...)
	}
	dryRun(&o, opts, deltas)
	return o, nil
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
func show(deltas []diff.Delta, key []byte) ([]report.Delta, error) {
	var out []report.Delta
	for _, d := range deltas {
		text, err := d.Text(diff.TextOptions{Key: key})
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

// dryRun notes for every delta that it was not tried on a server.
func dryRun(o *outcome, opts Options, deltas []diff.Delta) {
	entry := verdict.Entry{Stage: verdict.StageDryRun, Reason: verdict.Off, Detail: "the dry-run is switched off"}
	if opts.DryRun != "off" {
		entry.Reason = verdict.Unsupported
		entry.Detail = "this build has no API server for --dry-run=" + opts.DryRun + " — use --dry-run=off, and know that nothing was tried on a server"
	}
	for _, d := range deltas {
		entry.Object = Name(d.Current())
		o.note(entry)
	}
}

func say(opts Options, format string, args ...any) {
	if opts.Progress != nil {
		opts.Progress(fmt.Sprintf(format, args...))
	}
}
