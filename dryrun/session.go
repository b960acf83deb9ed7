package dryrun

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/verdict"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// target is an API server that one environment is tried on.
type target struct {
	// name says who answers, for people.
	name string
	// version is the minor version of a live cluster.
	version string
	config  *rest.Config
	// kinds are what the server serves before anything is loaded.
	kinds kinds
	// live is a cluster with a state of its own, to which nothing is written.
	live bool
	// same says whether an environment is on the same cluster, and whether its cluster
	// is known; nil where nobody is on a live one.
	same func(config.Environment) (same, known bool)
	// binary is a kube-apiserver in a process of its own, of which only the answers
	// are known.
	binary bool
	// release gives the server back.
	release func(context.Context)
	// settle waits until what was stored last is in force everywhere on the
	// server; nil where nothing is stored.
	settle func(context.Context) error
	// gone says why the server is no more; nil as long as it lives. Where requests
	// got no answer, lost, it does not say so too early.
	gone func(ctx context.Context, lost bool) error
}

// workers is how many requests are under way at the same time.
const workers = 8

// session tries one environment on one server.
type session struct {
	*target
	in     Input
	client client
	// deltas are those of the change, and after them what it leaves as it is and
	// may break.
	deltas []*trial
	// operations are those of the deltas, by the object.
	operations map[manifest.ID]diff.Operation

	policies policies
	// doubled is what more than one delta is about.
	doubled map[placed]bool

	mu    sync.Mutex // guards kinds
	kinds kinds

	// notes are entries about objects beside the deltas: what nobody gives and
	// was made up, and what is not in force on the server.
	notes []verdict.Entry
	// rollback is whether all of it can be undone.
	rollback verdict.Rollback
	// drifted is what the cluster has otherwise than base.
	drifted []verdict.Finding
	// counted is what does not fit into the quotas.
	counted []verdict.Finding
	// made are the Pods of unchanged workloads that quotas count.
	made struct {
		base, head map[manifest.ID]map[string]any
	}
	// asking is nil where no rights are asked for.
	asking *asking
	// aside is who answered for the deltas that went away; it is empty where none did.
	aside string
}

// trial is a delta and what the server says of it.
type trial struct {
	diff.Delta
	// base is what the server says of the old object by itself.
	base opinion
	// absent says that the old object is not on the server, so that the new one
	// is tried as a creation.
	absent bool
	// replaced says that the old object has to go before the new one comes.
	replaced bool
	// leaving are the finalizers that a live cluster has of what is deleted.
	leaving []string
	// kept says that the server has what head makes of it since it was tried.
	kept bool
	// unapplied says that nobody applies it; the fault says why.
	unapplied bool
	// beside says what the change does that has a say about an object that it leaves
	// as it is; it is empty for what it changes.
	beside string
	// away says why a live cluster cannot answer for it; it is empty for the others.
	away string

	head    opinion
	fault   *fault
	entries []verdict.Entry
	// back is what the server says of the old object once it has the new one.
	back wayBack
}

// opinion is what the server says of an object.
type opinion struct {
	problems problems
	// pod is what it says of the Pods of a workload.
	pod problems
	// made is one of these Pods as the server has it; nil where it did not say.
	made map[string]any
	// owned are the fields of it that belong to other managers.
	owned problems
	accepted
}

func newSession(t *target, in Input) (*session, error) {
	c, err := newClient(t.config)
	if err != nil {
		return nil, err
	}
	if c.applier, err = newApplier(in.Environment); err != nil {
		return nil, err
	}
	s := &session{target: t, in: in, client: c, kinds: t.kinds.clone()}
	if t.live {
		rights, err := kubernetes.NewForConfig(t.config)
		if err != nil {
			return nil, fmt.Errorf("making a client for the cluster: %w", err)
		}
		s.asking = &asking{questions: &questions{client: rights, asked: map[Right]*answer{}}}
	} else {
		c.bounds.enough = 1
	}
	s.made.base, s.made.head = map[manifest.ID]map[string]any{}, map[manifest.ID]map[string]any{}
	for _, d := range in.Deltas {
		s.add(&trial{Delta: d})
	}
	if !in.alone {
		s.besides()
	}
	s.readPolicies()
	return s, nil
}

// each works on all trials that pass a filter, a few at a time. One that panics
// is not tried, and says so.
func (s *session) each(pick func(*trial) bool, work func(*trial)) {
	atOnce(func(yield func(*trial) bool) {
		for _, t := range s.deltas {
			if pick(t) && !yield(t) {
				return
			}
		}
	}, func(t *trial) {
		// One object that a mistake of ours makes impossible to try leaves the others.
		defer func() {
			if r := recover(); r != nil {
				t.fault = &fault{failed, fmt.Sprintf("trying it broke off, which is a mistake of Penstock: %v", r)}
			}
		}()
		work(t)
	})
}

// atOnce works on a few of many at a time, until all are done.
func atOnce[T any](all iter.Seq[T], work func(T)) {
	slots := make(chan struct{}, workers)
	var wait sync.WaitGroup
	for t := range all {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			work(t)
		})
	}
	wait.Wait()
}

// indexes are those of a list of n.
func indexes(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// item is an object as it is sent to the server.
func (s *session) item(o *manifest.Object) (item, error) {
	s.mu.Lock()
	k, err := s.kinds.find(o)
	s.mu.Unlock()
	if err != nil {
		return item{}, err
	}
	// What carries no namespace goes where kubectl puts it.
	namespace := cmp.Or(o.ID().Namespace, "default")
	if p := misnamed(o.ID().Name, namespace); p != nil {
		return item{}, p
	}
	if k.namespaced {
		o = o.WithNamespace(namespace)
	} else {
		namespace = ""
	}
	return item{kind: k, namespace: namespace, name: o.ID().Name, fields: o.Fields(), chart: charted(o)}, nil
}

// misnamed are the problems of names that nothing can have: they are no part of
// a URL, or name a namespace that cannot be.
func misnamed(name, namespace string) problems {
	for _, why := range content.IsPathSegmentName(name) {
		return problems{{rule: ruleInvalid, path: "/metadata/name", msg: fmt.Sprintf("metadata.name: Invalid value: %q: %s", name, why)}}
	}
	for _, why := range validation.ValidateNamespaceName(namespace, false) {
		return problems{{rule: ruleInvalid, path: "/metadata/namespace", msg: fmt.Sprintf("metadata.namespace: Invalid value: %q: %s", namespace, why)}}
	}
	return nil
}

// add adds a delta.
func (s *session) add(t *trial) {
	if s.operations == nil {
		s.operations = map[manifest.ID]diff.Operation{}
	}
	s.deltas = append(s.deltas, t)
	s.operations[t.ID()] = t.Operation
}

// result puts together what the server said, in the order of the deltas.
func (s *session) result() Result {
	r := Result{Backend: s.answerer(), Entries: s.notes, Findings: append(s.drifted, s.counted...), Rollback: &s.rollback}
	for _, t := range s.deltas {
		if t.beside == "" {
			r.Effects = append(r.Effects, t.effects())
		}
		r.Entries = append(r.Entries, s.entry(t))
		if t.fault != nil {
			continue
		}
		r.Entries = append(r.Entries, t.entries...)
		if t.head.rest != nil {
			r.Entries = append(r.Entries, s.entryOf(t.Current(), t.head.rest.reason, t.head.rest.detail))
		}
		if t.beside != "" {
			r.Findings = append(r.Findings, s.besideFindings(t)...)
			continue
		}
		r.Findings = append(r.Findings, s.findings(t)...)
		r.Findings = append(r.Findings, s.bereft(t)...)
		r.Findings = append(r.Findings, s.obstacles(t)...)
		r.Findings = append(r.Findings, s.held(t)...)
	}
	return r
}

func (s *session) entry(t *trial) verdict.Entry {
	o := t.Current()
	e := verdict.Entry{Object: named(o), Stage: verdict.StageDryRun}
	if t.away != "" {
		e.Detail = "tried on " + s.aside + ": " + t.away
	}
	if t.fault != nil {
		e.Reason, e.Location = t.fault.reason, place(o.Origin().Position)
		e.Detail = redact.New(1, t.Object, t.OldObject).Replace(t.fault.detail + t.leaves())
	}
	return e
}

// findings are the problems of a trial as findings, those of base among them.
func (s *session) findings(t *trial) []verdict.Finding {
	var out []verdict.Finding
	add := func(p problem, level verdict.Level, baseline verdict.Baseline) {
		out = append(out, s.finding(t, p, level, baseline))
	}
	for _, p := range t.head.problems {
		add(p, verdict.Error, known(t.base.problems, p))
	}
	for _, p := range t.head.pod {
		add(p, verdict.Error, known(t.base.pod, p))
	}
	fields := t.Current().Fields()
	before := asProblems(t.base.warnings, fields)
	for _, p := range asProblems(t.head.warnings, fields) {
		level := verdict.Warning
		if p.rule == ruleUnknownField {
			level = verdict.Error
		}
		add(p, level, known(before, p))
	}
	return append(out, s.ownership(t)...)
}

// asProblems are the warnings of the server about an object. One about a field
// that does not exist is the same problem as where the server refuses it: the
// value has no effect.
func asProblems(warnings []string, fields map[string]any) problems {
	var out problems
	for _, w := range warnings {
		if m := strictFault.FindStringSubmatch(w); m != nil && m[0] == w {
			out = append(out, problem{rule: ruleUnknownField, path: pointer(fields, m[2]), msg: m[1] + " field " + m[2]})
			continue
		}
		out = append(out, problem{rule: ruleWarning, msg: w})
	}
	return out
}

// known says whether base has a problem as well.
func known(base problems, p problem) verdict.Baseline {
	for _, b := range base {
		if b.rule == p.rule && b.msg == p.msg {
			return verdict.Unchanged
		}
	}
	return verdict.New
}

func (s *session) finding(t *trial, p problem, level verdict.Level, baseline verdict.Baseline) verdict.Finding {
	o, operation := t.Current(), string(t.Operation)
	if t.beside != "" {
		operation = ""
	}
	return verdict.Finding{
		Rule: p.rule, Level: level, Stage: verdict.StageDryRun, Environment: s.in.Environment.Name,
		Message:   redact.New(1, t.Object, t.OldObject).Replace(p.msg),
		Operation: operation, Object: named(o), Container: containerOf(o.Fields(), p.path),
		Path: p.path, Location: place(o.Locate(p.path)), Baseline: baseline,
	}
}
