package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

// previewPatience bounds what is done for head alone, which has been reviewed by
// nobody: loading what it judges by, judging, of which each rule may take as long
// as a rule may, and rendering what only its configuration has. Together that may
// take this long by the clock, or as many times as long as base takes to render and
// judge what it has. What it finds may take so many bytes.
const (
	previewPatience    = 2 * time.Minute
	previewFactor      = 3
	maxPreviewFindings = 128 << 20
)

// Unpreviewed says why what a change makes of its judges is not looked at,
// although nothing is wrong with it.
type Unpreviewed struct{ Detail string }

func (e *Unpreviewed) Error() string { return e.Detail }

// judges looks at the changed files by which changes are judged: it lists them,
// and previews what the change makes of them.
func judges(ctx context.Context, opts Options, r *report.Report) (files []string, secrets redact.Redactor, entries []verdict.Entry, err error) {
	files, entries = judgedBy(opts)
	if len(files) == 0 || opts.Next == nil {
		return files, redact.Union(), entries, nil
	}
	var more []verdict.Entry
	r.Preview, secrets, more, err = preview(ctx, opts)
	return files, secrets, append(entries, more...), err
}

// preview is what a change to its own judges would change. What cannot be used
// at head is an entry that keeps the verdict from being made: every check after
// the merge would end there.
func preview(ctx context.Context, opts Options) (*report.Preview, redact.Redactor, []verdict.Entry, error) {
	none := redact.Union()
	say(opts, "previewing what the change is judged by after it is merged")
	now, err := newSide(opts, opts.Change.Base)
	if err != nil {
		return nil, none, nil, err
	}
	t := trial{now: now}
	if err = t.load(ctx, opts); err == nil {
		err = t.run(ctx)
	}
	if ctx.Err() != nil {
		return nil, none, nil, ctx.Err()
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		return nil, none, []verdict.Entry{unusable(refused.err)}, nil
	}
	if err != nil {
		return nil, none, nil, err
	}
	before, after := t.now.judgement(), t.next.judgement()
	return compare(before, after), redact.Union(t.secrets...), gaps(before, after), nil
}

// load loads what head judges by, and finds its environments. Its error is a
// *refusal.
func (t *trial) load(ctx context.Context, opts Options) error {
	bounded, cancel := context.WithTimeout(ctx, previewPatience)
	defer cancel()
	t.spent.begin(time.Now())
	var err error
	t.next, err = loadNext(bounded, opts)
	t.spent.end(time.Now())
	if bounded.Err() != nil {
		err = impatient(previewPatience)
	}
	if err != nil {
		return &refusal{err}
	}
	return nil
}

// unusable is an entry that says why there is no preview.
func unusable(err error) verdict.Entry {
	if off, ok := errors.AsType[*Unpreviewed](err); ok {
		return verdict.Entry{Stage: verdict.StagePolicy, Reason: verdict.Off, Detail: off.Detail}
	}
	e := verdict.Entry{Stage: verdict.StagePolicy, Reason: verdict.Failed, Detail: "what the change makes of what changes are judged by cannot be used: " + err.Error()}
	if fault, ok := errors.AsType[*policies.Error](err); ok {
		e.Location = &verdict.Location{File: fault.File, Line: fault.Line}
	}
	if fault, ok := errors.AsType[*config.Error](err); ok && len(fault.Faults) > 0 {
		e.Location = &verdict.Location{File: fault.Faults[0].File, Line: fault.Faults[0].Line}
	}
	if hint, ok := errors.AsType[interface {
		error
		UserHint() string
	}](err); ok && hint.UserHint() != "" {
		e.Detail += " — " + hint.UserHint()
	}
	return e
}

// loadNext loads what head judges by. What nobody has reviewed may crash what
// reads it; it must not take the check with it. Nothing interrupts what resolves
// environments and reads waivers, of files that have a megabyte at most; it counts
// as time of the preview, and nothing is begun once that is over.
func loadNext(ctx context.Context, opts Options) (next *side, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("loading it panicked: %v", r)
		}
	}()
	cfg, judge, err := opts.Next(ctx)
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	merged := *opts.Change
	merged.Base = merged.Head
	opts.Change, opts.Config, opts.Judge = &merged, cfg, judge
	return newSide(opts, merged.Head)
}

// gaps are what keeps a preview from being whole. What could be evaluated until
// now keeps the verdict from being made, as it will once the change is merged; of
// the rest, whose texts name lines that move, nothing is blamed on the change.
func gaps(now, next judgement) []verdict.Entry {
	type about struct {
		environment string
		stage       verdict.Stage
		object      verdict.Object
	}
	before := map[about]bool{}
	for _, e := range now.ledger {
		before[about{e.Environment, e.Stage, e.Object}] = true
	}
	var out []verdict.Entry
	seen := map[verdict.Entry]bool{}
	for _, e := range next.ledger {
		line := verdict.Entry{Environment: e.Environment, Stage: e.Stage, Reason: e.Reason, Detail: "once the change is merged: " + e.Detail}
		if before[about{e.Environment, e.Stage, e.Object}] {
			line.Reason, line.Detail = verdict.Off, "not in the preview of what the change is judged by after it is merged: "+e.Detail
		}
		if !seen[line] {
			seen[line] = true
			out = append(out, line)
		}
	}
	return out
}

// compare tells what comes and what goes from one judgement to the next.
func compare(now, next judgement) *report.Preview {
	p := &report.Preview{}
	p.RulesAdded, p.RulesRemoved = parted(ids(now.rules), ids(next.rules))
	p.EnvironmentsAdded, p.EnvironmentsRemoved = parted(now.environments, next.environments)
	p.Added = beyond(next.findings, now.findings, verdict.New)
	p.Removed = beyond(now.findings, next.findings, verdict.Absent)
	return p
}

func ids(rules []verdict.Rule) []string {
	out := make([]string, len(rules))
	for i, r := range rules {
		out[i] = r.ID
	}
	return out
}

// parted are the names that only after has, and those that only before has.
func parted(before, after []string) (added, removed []string) {
	only := func(in, out []string) []string {
		return slices.DeleteFunc(slices.Clone(in), func(name string) bool { return slices.Contains(out, name) })
	}
	return only(after, before), only(before, after)
}

// beyond are the findings that others have not, sorted.
func beyond(findings, others []verdict.Finding, baseline verdict.Baseline) []verdict.Finding {
	key := func(f verdict.Finding) string { return fmt.Sprint(f.Fingerprint, " ", f.Level, " ", f.Waiver != nil) }
	known := map[string]int{}
	for _, f := range others {
		known[key(f)]++
	}
	out := []verdict.Finding{}
	for _, f := range findings {
		if known[key(f)]--; known[key(f)] >= 0 {
			continue
		}
		f.Baseline = baseline
		out = append(out, f)
	}
	verdict.SortFindings(out)
	return out
}
