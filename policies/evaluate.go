package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// ruleTimeout bounds one rule on one object.
const ruleTimeout = 10 * time.Second

// prepared is a rule ready to run in one environment.
type prepared struct {
	rule
	query      rego.PreparedEvalQuery
	parameters *ast.Term
}

// evaluation is one environment under evaluation. It is shared by workers and
// does not change.
type evaluation struct {
	in    Input
	rules []prepared
	store storage.Store
	txn   storage.Transaction
}

// task is one object to evaluate: what the change does to it.
type task struct {
	operation   diff.Operation
	object, old *manifest.Object
	// changed is false for an object that base and head have alike.
	changed bool
}

// Evaluate runs every rule that applies on every object of the head, and on
// those that the change deletes. Findings that the base had already are
// Unchanged, those that it had and the head has not are Absent. A rule that
// cannot be evaluated on an object is an entry, never silence. The results are
// in order of object and rule.
func (e *Engine) Evaluate(ctx context.Context, in Input) (Result, error) {
	ev, err := e.prepare(ctx, in)
	if err != nil {
		return Result{}, err
	}
	defer ev.store.Abort(ctx, ev.txn)
	tasks := tasksOf(in)
	results := make([]Result, len(tasks))
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(tasks)) {
		wait.Go(func() {
			for i := range next {
				results[i] = ev.task(ctx, tasks[i])
			}
		})
	}
	for i := range tasks {
		next <- i
	}
	close(next)
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	var all Result
	for _, r := range results {
		all.Findings = append(all.Findings, r.Findings...)
		all.Entries = append(all.Entries, r.Entries...)
	}
	return all, nil
}

func tasksOf(in Input) []task {
	var tasks []task
	changed := map[manifest.ID]bool{}
	for _, d := range in.Deltas {
		changed[d.ID()] = true
		t := task{operation: d.Operation, object: d.Object, old: d.OldObject, changed: true}
		if d.Operation == diff.Delete {
			t.object = d.OldObject
		}
		tasks = append(tasks, t)
	}
	for _, o := range in.Head.All() {
		if !changed[o.ID()] {
			tasks = append(tasks, task{operation: diff.Update, object: o, old: o})
		}
	}
	slices.SortStableFunc(tasks, func(a, b task) int { return a.object.ID().Compare(b.object.ID()) })
	return tasks
}

// prepare readies the rules that run in the environment.
func (e *Engine) prepare(ctx context.Context, in Input) (*evaluation, error) {
	data := map[string]any{}
	if e.inventory {
		data["inventory"] = inventory(in.Head)
	}
	store := inmem.NewFromObjectWithOpts(data, inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the store of rules' data: %w", err)
	}
	ev := &evaluation{in: in, store: store, txn: txn}
	for _, r := range e.rules {
		r, runs := r.in(in.Environment)
		if !runs {
			continue
		}
		parameters := map[string]any{}
		for k, v := range r.defaults {
			parameters[k] = v
		}
		for k, v := range in.Environment.Parameters[r.ID] {
			if _, known := r.defaults[k]; !known && r.defaults != nil {
				return nil, &Error{File: r.file, Line: r.line, Msg: fmt.Sprintf("the rule %s has no parameter %s", r.ID, k), Hint: "correct parameters in .penstock.yaml"}
			}
			parameters[k] = v
		}
		value, err := ast.InterfaceToValue(parameters)
		if err != nil {
			return nil, fmt.Errorf("reading the parameters of %s: %w", r.ID, err)
		}
		query, err := rego.New(rego.Query(r.ref), rego.Compiler(e.compiler), rego.Store(store), rego.Transaction(txn)).PrepareForEval(ctx)
		if err != nil {
			return nil, fmt.Errorf("preparing %s: %w", r.ID, err)
		}
		ev.rules = append(ev.rules, prepared{r, query, ast.NewTerm(value)})
	}
	return ev, nil
}

// inventory is the rendered head in the layout of Gatekeeper
// (https://open-policy-agent.github.io/gatekeeper/website/docs/sync).
func inventory(set *manifest.Set) map[string]any {
	namespaced, cluster := map[string]any{}, map[string]any{}
	for _, o := range set.All() {
		at, keys := cluster, []string{o.APIVersion(), o.ID().Kind}
		if ns := o.ID().Namespace; ns != "" {
			at, keys = namespaced, append([]string{ns}, keys...)
		}
		for _, k := range keys {
			next, ok := at[k].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[k] = next
			}
			at = next
		}
		at[o.ID().Name] = o.Fields()
	}
	return map[string]any{"namespace": namespaced, "cluster": cluster}
}

// task evaluates one object.
func (ev *evaluation) task(ctx context.Context, t task) Result {
	entry := verdict.Entry{Environment: ev.in.Environment.Name, Stage: verdict.StagePolicy, Object: name(t.object)}
	head := ev.object(ctx, t, t.object, t.old)
	var result Result
	for _, fault := range head.faults {
		failed := entry
		failed.Reason, failed.Detail = verdict.Failed, fault
		result.Entries = append(result.Entries, failed)
	}
	if len(head.faults) == 0 {
		result.Entries = append(result.Entries, entry)
	}
	switch {
	case !t.changed:
		for i := range head.findings {
			head.findings[i].Baseline = verdict.Unchanged
		}
	case t.operation == diff.Update:
		base := ev.object(ctx, t, t.old, t.old)
		head.findings = baseline(head.findings, base.findings)
	}
	result.Findings = head.findings
	return result
}

// baseline marks the findings of the head that the base has, too, and adds those
// that only the base has.
func baseline(head, base []verdict.Finding) []verdict.Finding {
	key := func(f verdict.Finding) string {
		return f.Rule + "\x00" + cmp.Or(f.Container, f.Path) + "\x00" + verdict.Normalise(f.Message)
	}
	had := map[string]int{}
	for _, f := range base {
		had[key(f)]++
	}
	for i, f := range head {
		if had[key(f)] > 0 {
			had[key(f)]--
			head[i].Baseline = verdict.Unchanged
		}
	}
	for _, f := range base {
		if had[key(f)] > 0 {
			had[key(f)]--
			f.Baseline = verdict.Absent
			head = append(head, f)
		}
	}
	return head
}

// judgement is what the rules say of one document.
type judgement struct {
	findings []verdict.Finding
	faults   []string
}

func (ev *evaluation) object(ctx context.Context, t task, o, old *manifest.Object) judgement {
	var j judgement
	doc := newDocument(o)
	oldTerm := ast.NullTerm()
	if old != nil {
		oldTerm = doc.term
		if old != o {
			oldTerm = newDocument(old).term
			hideMarks(oldTerm)
		}
	}
	shared := topdown.NewVirtualCache()
	for _, r := range ev.rules {
		if !r.applies(o, t.operation) {
			continue
		}
		cache := shared
		if len(r.defaults) > 0 || len(ev.in.Environment.Parameters[r.ID]) > 0 {
			cache = topdown.NewVirtualCache() // its input differs from that of the others
		}
		findings, err := ev.rule(ctx, r, ev.input(t, r, doc, oldTerm), cache, doc)
		if err != nil {
			j.faults = append(j.faults, fmt.Sprintf("the rule %s (%s:%d): %v", r.ID, r.file, r.line, err))
			continue
		}
		for i := range findings {
			ev.complete(&findings[i], r, t, o)
		}
		j.findings = append(j.findings, findings...)
	}
	return j
}

// hideMarks makes sure that values of the old object are not taken for places
// in the new one.
func hideMarks(t *ast.Term) {
	ast.WalkTerms(t, func(t *ast.Term) bool {
		if t.Location != nil {
			t.Location.File = "oldObject"
		}
		return false
	})
}

// input is the object itself, plus the reserved key review.
func (ev *evaluation) input(t task, r prepared, doc *document, old *ast.Term) ast.Value {
	id := doc.object.ID()
	group, version := id.Group, doc.object.APIVersion()
	if group != "" {
		version = version[len(group)+1:]
	}
	env := ev.in.Environment
	labels := ast.NewObject()
	for k, v := range env.Labels {
		labels.Insert(ast.StringTerm(k), ast.StringTerm(v))
	}
	object, oldObject := doc.term, old
	switch t.operation {
	case diff.Delete:
		object, oldObject = ast.NullTerm(), doc.term
	case diff.Create:
		oldObject = ast.NullTerm()
	}
	pair := func(k string, v *ast.Term) [2]*ast.Term { return [2]*ast.Term{ast.StringTerm(k), v} }
	review := ast.NewObject(
		pair("operation", ast.StringTerm(string(t.operation))),
		pair("object", object), pair("oldObject", oldObject),
		pair("kind", ast.ObjectTerm(pair("group", ast.StringTerm(group)), pair("version", ast.StringTerm(version)), pair("kind", ast.StringTerm(id.Kind)))),
		pair("namespace", ast.StringTerm(id.Namespace)), pair("name", ast.StringTerm(id.Name)),
		pair("parameters", r.parameters),
		pair("environment", ast.ObjectTerm(pair("name", ast.StringTerm(env.Name)), pair("labels", ast.NewTerm(labels)), pair("kubernetesVersion", ast.StringTerm(env.KubernetesVersion)))),
	)
	input := ast.NewObject(pair("review", ast.NewTerm(review)))
	doc.term.Value.(ast.Object).Foreach(func(k, v *ast.Term) { input.Insert(k, v) })
	return input
}

// rule runs one rule on one document.
func (ev *evaluation) rule(ctx context.Context, r prepared, input ast.Value, cache topdown.VirtualCache, doc *document) ([]verdict.Finding, error) {
	cancel := topdown.NewCancel()
	timer := time.AfterFunc(ruleTimeout, cancel.Cancel)
	defer timer.Stop()
	stop := context.AfterFunc(ctx, cancel.Cancel)
	defer stop()
	var faults []topdown.Error
	results, err := r.query.Eval(ctx,
		rego.EvalParsedInput(input), rego.EvalTransaction(ev.txn), rego.EvalVirtualCache(cache), rego.EvalSortSets(true),
		rego.EvalTime(ev.in.Now), rego.EvalExternalCancel(cancel), rego.EvalBuiltinErrorList(&faults),
		rego.EvalGenerateJSON(func(t *ast.Term, _ *rego.EvalContext) (any, error) { return t, nil }),
	)
	switch {
	case topdown.IsCancel(err) && ctx.Err() == nil:
		return nil, fmt.Errorf("it ran longer than %s", ruleTimeout)
	case err != nil:
		return nil, err
	case len(faults) > 0:
		return nil, errors.New(faults[0].Error())
	}
	if len(results) == 0 || len(results[0].Expressions) == 0 {
		return nil, nil // the rule is undefined for this object
	}
	t, ok := results[0].Expressions[0].Value.(*ast.Term)
	if !ok {
		return nil, fmt.Errorf("it gave a %T", results[0].Expressions[0].Value)
	}
	return read(t, doc)
}

func name(o *manifest.Object) verdict.Object {
	id := o.ID()
	return verdict.Object{APIVersion: o.APIVersion(), Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
}

// complete fills in what the rule and the object say of a finding.
func (ev *evaluation) complete(f *verdict.Finding, r prepared, t task, o *manifest.Object) {
	f.Rule, f.Stage, f.Environment = r.ID, verdict.StagePolicy, ev.in.Environment.Name
	f.Operation, f.Object, f.Baseline = string(t.operation), name(o), verdict.New
	f.Level = cmp.Or(f.Level, r.Level)
	f.Remediation = cmp.Or(f.Remediation, r.Remediation)
	if f.Location == nil {
		if p := o.Locate(f.Path); p.File != "" {
			f.Location = &verdict.Location{File: p.File, Line: p.Line}
		}
	}
}
