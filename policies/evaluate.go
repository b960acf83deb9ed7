package policies

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// evaluation is one environment under evaluation, shared by its workers.
type evaluation struct {
	in          Input
	rules       []setting
	parameters  []*ast.Term
	environment *ast.Term
	// head and base are what rules see. They differ only when a rule reads the
	// inventory and the change has deltas.
	head, base *world
	// secrets hides the Secret values of the whole environment, for rules that
	// read the inventory.
	secrets redact.Redactor
	// used is the time that each rule took so far, in nanoseconds.
	used []atomic.Int64
	// kept is the memory that the findings of each rule take so far, in bytes.
	kept []atomic.Int64
	// stopped tells evaluations that the run is cancelled.
	stopped atomic.Bool
	// constraints are the indexes of the rules that are constraints of
	// Gatekeeper; what follows is theirs.
	constraints []int
	expander    gatekeeper.Expander
	config      *gatekeeper.Config
	scopes      scopes
	unjudged    unjudged
}

// Evaluate runs every rule that applies on every object of the head, and on
// those that the change deletes. Findings that the base had already are
// Unchanged, those that it had and the head has not are Absent. A rule that
// cannot be evaluated on an object makes the object's entry Failed; what the
// configuration says of rules and cannot be followed is an entry of the
// environment. The results are in order of object and rule, whatever the order
// of the input and the number of workers.
func (e *Engine) Evaluate(ctx context.Context, in Input) (Result, error) {
	e, found, err := e.withConstraints(ctx, in)
	if err != nil {
		return Result{}, err
	}
	rules, faults, err := e.settings(ctx, in.Environment, in.RuleTimeout)
	if err != nil {
		return Result{}, err
	}
	all := Result{Entries: found.entries, Rules: found.own}
	for _, fault := range faults {
		all.Entries = append(all.Entries, verdict.Entry{Environment: in.Environment.Name, Stage: verdict.StagePolicy, Reason: verdict.Failed, Detail: fault})
	}
	tasks := tasksOf(in)
	rules = part(rules, func(s scope) bool { return s != scopeFleet })
	if len(rules) == 0 {
		all.Entries = append(all.Entries, e.idle(in, tasks)...)
		return all, nil
	}
	single := part(rules, func(s scope) bool { return s == scopeObject })
	if err := e.objects(ctx, in, single, found, tasks, &all); err != nil {
		return Result{}, err
	}
	if rules = part(rules, func(s scope) bool { return s != scopeObject }); len(rules) == 0 {
		return all, nil
	}
	one := func(set *manifest.Set, deltas []diff.Delta) []member { return []member{{in.Environment, set, deltas}} }
	entry := verdict.Entry{Environment: in.Environment.Name, Stage: verdict.StagePolicy}
	err = e.together(ctx, in, rules, false, one(in.Head, in.Deltas), one(in.Base, nil), entry, &all)
	return all, err
}

// objects evaluates rules on each object by itself, and adds to the result.
func (e *Engine) objects(ctx context.Context, in Input, rules []setting, found inForce, tasks []task, all *Result) error {
	ev, err := e.prepare(ctx, in, rules)
	if err != nil {
		return err
	}
	defer ev.close(ctx)
	if len(ev.constraints) > 0 {
		ev.expander, ev.config = found.expander, found.config
	}
	results, tallies := ev.all(ctx, tasks)
	if err := ctx.Err(); err != nil {
		return err
	}
	findings := 0
	for _, r := range results {
		findings += len(r.Findings)
	}
	all.Findings = slices.Grow(all.Findings, findings)
	all.Entries = slices.Grow(all.Entries, len(results))
	for _, r := range results {
		all.Findings = append(all.Findings, r.Findings...)
		all.Entries = append(all.Entries, r.Entries...)
	}
	all.Coverage, all.Unseen = total(tallies)
	ev.noteTwins()
	all.Entries = append(all.Entries, ev.unjudgedEntries()...)
	return nil
}

// idle are the entries of an environment in which no rule runs: nothing was
// evaluated, be it that there is no rule or that all are switched off.
func (e *Engine) idle(in Input, tasks []task) []verdict.Entry {
	reason, detail := verdict.Off, "no rule is switched on in this environment"
	if len(e.rules) == 0 {
		reason, detail = verdict.Failed, "there are no rules"
	}
	entries := make([]verdict.Entry, 0, len(tasks))
	for _, t := range tasks {
		entry := t.entry(in.Environment.Name)
		entry.Reason, entry.Detail = reason, detail
		entries = append(entries, entry)
	}
	return entries
}

func (e *Engine) prepare(ctx context.Context, in Input, rules []setting) (*evaluation, error) {
	ev := &evaluation{in: in, rules: rules, environment: environmentTerm(in.Environment), used: make([]atomic.Int64, len(rules)), kept: make([]atomic.Int64, len(rules))}
	inventories := false
	for i, r := range rules {
		if r.constraint != nil {
			ev.constraints = append(ev.constraints, i)
		}
		inventories = inventories || r.reads.inventory
		value, err := ast.InterfaceToValue(r.values)
		if err != nil {
			return nil, err
		}
		ev.parameters = append(ev.parameters, ast.NewTerm(value))
	}
	if len(ev.constraints) > 0 {
		ev.scopes = scopesOf(in.Head, in.Base)
	}
	var head *manifest.Set
	if inventories {
		head = in.Head
		ev.secrets = redact.New(6, slices.Concat(in.Base.All(), in.Head.All())...)
	}
	var err error
	if ev.head, err = e.newWorld(ctx, rules, head, ev.scopes); err != nil {
		return nil, err
	}
	ev.base = ev.head
	if inventories && len(in.Deltas) > 0 {
		if ev.base, err = e.newWorld(ctx, rules, in.Base, ev.scopes); err != nil {
			ev.head.close(ctx)
			return nil, err
		}
	}
	return ev, nil
}

func (ev *evaluation) close(ctx context.Context) {
	ev.head.close(ctx)
	if ev.base != ev.head {
		ev.base.close(ctx)
	}
}

// all evaluates the tasks; the results are in their order.
func (ev *evaluation) all(ctx context.Context, tasks []task) ([]Result, []*tally) {
	defer context.AfterFunc(ctx, func() { ev.stopped.Store(true) })()
	count := ev.in.Workers
	if count <= 0 {
		count = runtime.GOMAXPROCS(0)
	}
	workers := make([]*worker, min(count, len(tasks)))
	tallies := make([]*tally, len(workers))
	for n := range workers {
		workers[n] = newWorker(ev)
		tallies[n] = workers[n].tally
	}
	defer ev.watch(ctx, workers...)()
	results := make([]Result, len(tasks))
	var next atomic.Int64
	var wait sync.WaitGroup
	for n := range workers {
		wait.Go(func() {
			w := workers[n]
			for i := next.Add(1) - 1; i < int64(len(tasks)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				results[i] = w.task(ctx, tasks[i])
			}
		})
	}
	wait.Wait()
	return results, tallies
}

// task is one object to evaluate, and what the change does to it.
type task struct {
	// operation is empty for an object that base and head have alike.
	operation  diff.Operation
	head, base *manifest.Object
}

// subject is the object that the task is about: that of the head, unless it is deleted.
func (t task) subject() *manifest.Object {
	if t.head != nil {
		return t.head
	}
	return t.base
}

func (t task) entry(environment string) verdict.Entry {
	o := t.subject()
	return verdict.Entry{Environment: environment, Stage: verdict.StagePolicy, Object: nameOf(o), Location: locate(o, "")}
}

func tasksOf(in Input) []task {
	var tasks []task
	changed := make(map[manifest.ID]bool, len(in.Deltas))
	for _, d := range in.Deltas {
		changed[d.ID()] = true
		tasks = append(tasks, task{d.Operation, d.Object, d.OldObject})
	}
	for _, o := range in.Head.All() {
		if changed[o.ID()] {
			continue
		}
		t := task{head: o, base: in.Base.Get(o.ID())}
		if t.base == nil {
			t.operation = diff.Create
		}
		tasks = append(tasks, t)
	}
	slices.SortStableFunc(tasks, func(a, b task) int { return a.subject().ID().Compare(b.subject().ID()) })
	return tasks
}

func nameOf(o *manifest.Object) verdict.Object {
	id := o.ID()
	return verdict.Object{APIVersion: o.APIVersion(), Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
}

// kindOf is a kind as match in METADATA names it.
func kindOf(id manifest.ID) string {
	return cmp.Or(id.Group, "core") + "/" + id.Kind
}

// locate is where a value of an object is written, or nil.
func locate(o *manifest.Object, pointer string) *verdict.Location {
	if p := o.Locate(pointer); p.File != "" {
		return &verdict.Location{File: p.File, Line: p.Line}
	}
	return nil
}

// task evaluates one object, at head and as far as needed at base.
func (w *worker) task(ctx context.Context, t task) Result {
	secrets := redact.New(1, t.head, t.base)
	var head, base judgement
	state := func(i int) bool { return w.ev.rules[i].match.object(t.subject().ID(), diff.Update) }
	switch t.operation {
	case diff.Create:
		head = w.judge(ctx, view{world: w.ev.head, object: t.head, operation: diff.Create, asked: diff.Create, secrets: secrets}, nil)
	case diff.Update:
		head = w.judge(ctx, view{world: w.ev.head, object: t.head, old: t.base, operation: diff.Update, asked: diff.Update, secrets: secrets}, nil)
		base = w.judge(ctx, view{world: w.ev.base, before: true, object: t.base, operation: diff.Create, asked: diff.Update, secrets: secrets}, state)
	case diff.Delete:
		head = w.judge(ctx, view{world: w.ev.head, object: t.base, operation: diff.Delete, asked: diff.Delete, secrets: secrets}, nil)
		base = w.judge(ctx, view{world: w.ev.base, before: true, object: t.base, operation: diff.Create, secrets: secrets}, nil)
	default:
		head = w.judge(ctx, view{world: w.ev.head, object: t.head, operation: diff.Create, secrets: secrets}, nil)
		base = head
		if w.ev.base != w.ev.head {
			base = w.judge(ctx, view{world: w.ev.base, before: true, object: t.base, operation: diff.Create, secrets: secrets}, func(i int) bool { return w.ev.rules[i].reads.inventory })
			base.findings = append(base.findings, slices.DeleteFunc(slices.Clone(head.findings), func(f located) bool { return w.ev.rules[f.index].reads.inventory })...)
		}
	}
	w.tally.object(kindOf(t.subject().ID()), head.rules, head)
	result := Result{Entries: []verdict.Entry{t.entry(w.ev.in.Environment.Name)}}
	if len(head.faults) > 0 {
		result.Entries[0].Reason, result.Entries[0].Detail = verdict.Failed, faultTexts(head.faults)
	}
	result.Findings = baseline(head, base, t.operation)
	return result
}

func faultTexts(faults []fault) string {
	var texts []string
	for _, f := range faults {
		texts = append(texts, f.text)
	}
	return strings.Join(texts, "; ")
}

// baseline marks the findings of the head that the base has, too, and adds those
// that only the base has. What a rule says of a deletion is always new, and
// what it would have said is not known where it failed.
func baseline(head, base judgement, op diff.Operation) []verdict.Finding {
	had := map[string]int{}
	for _, f := range base.findings {
		had[f.key]++
	}
	if len(head.findings)+len(base.findings) == 0 {
		return nil
	}
	out := make([]verdict.Finding, 0, len(head.findings))
	for _, f := range head.findings {
		f.Operation, f.Baseline = string(op), verdict.New
		if op != diff.Delete && had[f.key] > 0 {
			had[f.key]--
			f.Baseline = verdict.Unchanged
		}
		out = append(out, f.Finding)
	}
	for _, f := range base.findings {
		failed := slices.ContainsFunc(head.faults, func(fault fault) bool { return fault.index == f.index })
		if had[f.key] > 0 && !failed {
			had[f.key]--
			f.Operation, f.Baseline = string(op), verdict.Absent
			out = append(out, f.Finding)
		}
	}
	return out
}
