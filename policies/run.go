package policies

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// worker evaluates objects, one at a time.
type worker struct {
	ev *evaluation
	// keys are the terms of the keys of objects, which repeat.
	keys map[string]*ast.Term
	// applicable remembers which rules look at what.
	applicable map[subject][]int
	metrics    metrics.Metrics
	tally      *tally
	// running is what the worker evaluates now, for the watch.
	running atomic.Pointer[budget]
	// spoiled says that the last run ended early, or that a built-in function
	// failed in it: what its cache has as undefined may not be so, and would be
	// "no violation" for the next rule that asks for it.
	spoiled bool
}

// subject is all of an object that decides which rules look at it.
type subject struct {
	group, kind, namespace string
	operation              diff.Operation
}

func newWorker(ev *evaluation) *worker {
	return &worker{ev: ev, keys: map[string]*ast.Term{}, applicable: map[subject][]int{}, metrics: metrics.NoOp(), tally: newTally(ev.rules)}
}

// view is one object as rules see it.
type view struct {
	world       *world
	object, old *manifest.Object
	operation   diff.Operation
	// asked is the operation that constraints see: none where the change leaves
	// the object as it is, as in an audit.
	asked diff.Operation
	// before says that it is the object as base has it, which is only compared with.
	before  bool
	secrets redact.Redactor
}

// located is a finding of the rule at an index, and what identifies it within
// its object.
type located struct {
	verdict.Finding
	index int
	key   string
}

// fault is why the rule at an index could not be evaluated.
type fault struct {
	index int
	text  string
}

// maxText bounds what is kept of texts beside messages, in bytes: an error quotes
// the value that is wrong, which may be all of an object, and what to do about a
// finding is a sentence or two, of which reports hold one for each.
const maxText = 2 << 10

// brief is a text, or the beginning of one that is too long. What it cuts off is
// not kept in memory; secrets have to be hidden before.
func brief(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(strings.Clone(text[:maxText]), "") + " …"
}

// judgement is what the rules say of one view.
type judgement struct {
	// rules are those that look at the view.
	rules    []int
	findings []located
	faults   []fault
}

// judge runs the rules that apply to a view and that only, if given, lets run.
func (w *worker) judge(ctx context.Context, v view, only func(int) bool) judgement {
	j := judgement{rules: w.rulesFor(v.object.ID(), v.operation)}
	var doc, old *document
	var inputs review
	var common ast.Value
	cache := topdown.NewVirtualCache()
	for _, i := range j.rules {
		if only != nil && !only(i) {
			continue
		}
		if doc == nil {
			doc = newDocument(v.object, headMark, w.keys)
			if v.old != nil {
				old = newDocument(v.old, oldMark, w.keys)
			}
			inputs = newReview(doc, old, v.operation, w.ev.environment)
			common = inputs.input(ast.ObjectTerm())
		}
		input, shared := common, cache
		if r := w.ev.rules[i]; len(r.values) > 0 && r.reads.parameters {
			input, shared = inputs.input(w.ev.parameters[i]), layers{cache, topdown.NewVirtualCache(), r.reads.private}
		}
		in := w.reading(doc, old, func(text string) string { return w.hide(i, v, text) })
		t, err := w.run(ctx, i, v.world, input, shared)
		if w.spoiled {
			cache = topdown.NewVirtualCache()
		}
		if soft, ok := errors.AsType[partial](err); ok {
			j.findings, err = append(j.findings, w.unsure(i, soft, in)), nil
		}
		if err == nil && t != nil {
			var found []located
			found, err = w.read(i, t, in)
			j.findings = append(j.findings, w.excepted(ctx, i, v.world, input, found)...)
		}
		if err != nil {
			j.faults = append(j.faults, fault{i, brief(w.hide(i, v, fmt.Sprintf("%s: %s", w.ev.rules[i], err)))})
		}
	}
	w.constrain(ctx, v, only, &j)
	return j
}

// hide replaces the values of the Secret under review in what a rule says;
// rules that read the inventory may print those of any other.
func (w *worker) hide(i int, v view, text string) string {
	text = v.secrets.Replace(text)
	if w.ev.rules[i].reads.inventory {
		text = w.ev.secrets.Replace(text)
	}
	return text
}

// rulesFor are the indexes of the rules that look at objects of an identity.
func (w *worker) rulesFor(id manifest.ID, op diff.Operation) []int {
	key := subject{id.Group, id.Kind, id.Namespace, op}
	if found, ok := w.applicable[key]; ok {
		return found
	}
	found := []int{}
	for i, r := range w.ev.rules {
		if r.constraint == nil && r.match.object(id, op) {
			found = append(found, i)
		}
	}
	w.applicable[key] = found
	return found
}

// partial is what a rule gave although built-in functions failed in it, where
// its METADATA or the configuration lets that pass.
type partial struct{ error }

// run evaluates one rule on one input. It returns nil when the rule is
// undefined there, and an error whenever it did not run to its end in all its
// parts: a built-in function that failed makes OPA take the expression for
// undefined, which would look like "no violation". With a partial the result is
// there as well. Whoever shares the cache drops it when the worker is spoiled.
func (w *worker) run(ctx context.Context, i int, in *world, input ast.Value, cache topdown.VirtualCache) (t *ast.Term, err error) {
	limit := w.ev.in.RuleTimeout
	if limit <= 0 {
		limit = DefaultRuleTimeout
	}
	var faults []topdown.Error
	left := limit - time.Duration(w.ev.used[i].Load())
	w.spoiled = false
	if left <= 0 {
		return nil, fmt.Errorf("it took more than %s in this environment before it came to this object", limit)
	}
	start := time.Now()
	stop := &budget{run: &w.ev.stopped, start: start, deadline: start.Add(left)}
	w.running.Store(stop)
	defer func() {
		w.running.Store(nil)
		w.ev.used[i].Add(int64(time.Since(start)))
		if r := recover(); r != nil {
			t, err = nil, fmt.Errorf("it crashed the evaluator: %v", r)
		}
		w.spoiled = err != nil || len(faults) > 0
	}()
	q := w.ev.rules[i].query.on(in)
	if tracer := w.ev.in.tracer; tracer != nil {
		q = q.WithQueryTracer(tracer)
	}
	err = q.WithInput(ast.NewTerm(input)).WithVirtualCache(cache).WithTime(w.ev.in.Now).
		WithCancel(stop).WithBuiltinErrorList(&faults).WithMetrics(w.metrics).
		Iter(ctx, func(result topdown.QueryResult) error {
			t = result[answer]
			return nil
		})
	switch {
	case topdown.IsCancel(err) && stop.heavy.Load():
		return nil, fmt.Errorf("it was stopped when the heap had grown by more than %d MiB of memory since it began, and it had been running longest", w.ev.memory()>>20)
	case topdown.IsCancel(err) && ctx.Err() == nil:
		return nil, fmt.Errorf("it took more than %s in this environment, and was stopped", limit)
	case err != nil:
		return nil, err
	case len(faults) == 0:
		return t, nil
	}
	return w.ev.rules[i].failed(t, faults)
}

// failed is the outcome of a rule in which built-in functions failed.
func (s setting) failed(t *ast.Term, faults []topdown.Error) (*ast.Term, error) {
	text := faults[0].Error()
	if len(faults) > 1 {
		text = fmt.Sprintf("%s, and %d more errors", text, len(faults)-1)
	}
	switch s.builtinErrors {
	case builtinWarn:
		return t, partial{errors.New(text)}
	case builtinIgnore:
		return t, nil
	}
	return nil, errors.New(text)
}
