package policies

import (
	"context"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// What becomes of a rule in which a built-in function failed.
const (
	builtinError  = "error"
	builtinWarn   = "warning"
	builtinIgnore = "ignore"
)

// unsure is a finding that says which built-in function failed in a rule.
func (w *worker) unsure(i int, fault partial, in reader) located {
	r := w.ev.rules[i]
	f := verdict.Finding{
		Rule: r.ID, Level: verdict.Warning, Stage: verdict.StagePolicy, Environment: w.ev.in.Environment.Name,
		Message: brief(in.hide("the rule could not be evaluated in full: " + fault.Error())), Remediation: "Mend the rule; a built-in function that fails counts as false in it.",
	}
	if in.doc != nil {
		f.Object, f.Location = nameOf(in.doc.object), locate(in.doc.object, "")
	}
	return located{f, i, r.ref + "\x00" + in.key(f, in.doc)}
}

// exceptionName is conftest's: a rule of this name gives lists of the names,
// without their prefix, of those rules of its package that do not count for the
// input (https://www.conftest.dev/exceptions/).
const exceptionName = "exception"

// exceptionTimeout bounds the exceptions of one object. Those that take longer
// except nothing.
const exceptionTimeout = time.Second

// newExceptions makes the query for the exceptions of the package of a rule, if
// it has any.
func newExceptions(compiler *ast.Compiler, r rule) (*query, error) {
	ref, err := ast.ParseRef(r.pkg + "." + exceptionName)
	if err != nil || len(compiler.GetRulesExact(ref)) == 0 {
		return nil, nil //nolint:nilerr // a package whose name is no reference has no such rule
	}
	q, err := newQuery(compiler, ref.String())
	return &q, err
}

// excepted marks what a rule found as waived, where an exception of its package
// names the rule. It is asked only where there is something to except; when it
// fails, nothing is.
func (w *worker) excepted(ctx context.Context, i int, in *world, input ast.Value, found []located) []located {
	r := w.ev.rules[i]
	if r.exceptions == nil || len(found) == 0 || r.NotWaivable {
		return found
	}
	lists := w.exceptions(ctx, i, in, input)
	if lists == nil || !names(lists, suffix(r.ref)) {
		return found
	}
	for n := range found {
		found[n].Waiver = &verdict.Waived{
			Reason: "an exception of the policy names the rule", Expires: "the policy changes", Owner: strings.TrimPrefix(r.pkg, "data.") + "." + exceptionName,
			Location: verdict.Location{File: r.file},
		}
	}
	return found
}

// exceptions are the lists that the exceptions of a package give for an input, or
// nil where they did not run to their end in all their parts: a built-in function
// that fails behind a "not" would except what it was to keep. The time that they
// take is that of the rule.
func (w *worker) exceptions(ctx context.Context, i int, in *world, input ast.Value) (lists *ast.Term) {
	start := time.Now()
	stop := &budget{run: &w.ev.stopped, start: start, deadline: start.Add(exceptionTimeout)}
	w.running.Store(stop)
	defer func() {
		w.running.Store(nil)
		w.ev.used[i].Add(int64(time.Since(start)))
		if recover() != nil {
			lists = nil // the evaluator crashed
		}
	}()
	var faults []topdown.Error
	err := w.ev.rules[i].exceptions.on(in).WithInput(ast.NewTerm(input)).WithVirtualCache(topdown.NewVirtualCache()).WithTime(w.ev.in.Now).
		WithCancel(stop).WithBuiltinErrorList(&faults).
		Iter(ctx, func(result topdown.QueryResult) error {
			lists = result[answer]
			return nil
		})
	if err != nil || len(faults) > 0 {
		return nil
	}
	return lists
}

// suffix is the name of a rule without its prefix: run_as_root of deny_run_as_root.
func suffix(ref string) string {
	_, after, _ := strings.Cut(ref[strings.LastIndexByte(ref, '.')+1:], "_")
	return after
}

// names reports whether one of the lists, in a set or an array, holds a name.
func names(lists *ast.Term, name string) bool {
	found := false
	visit := func(t *ast.Term) {
		list, ok := t.Value.(*ast.Array)
		if !ok {
			return
		}
		list.Foreach(func(item *ast.Term) { found = found || item.Value.Compare(ast.String(name)) == 0 })
	}
	switch v := lists.Value.(type) {
	case ast.Set:
		v.Foreach(visit)
	case *ast.Array:
		v.Foreach(visit)
	}
	return found
}
