package dryrun

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/penstock-dev/penstock/internal/diff"
)

// judgeOld asks the server once more for its opinion of an old object that was
// stored before the policies were in force.
func (s *session) judgeOld(ctx context.Context, t *trial) {
	i, err := s.item(t.OldObject)
	if err != nil {
		return
	}
	h := how{store: !t.absent && t.base.problems == nil && !isDefinition(t.OldObject) && rank(t.OldObject) != rankPolicy}
	got, err := s.client.send(ctx, i, h)
	switch found := problemsOf(err); {
	case found != nil:
		t.base.problems = s.refineOld(ctx, i, found)
	case err == nil:
		t.base.accepted, t.base.problems = got, s.refineOld(ctx, i, orNil(got.denied))
	}
}

// orNil is problems as an error, which is nil where there are none.
func orNil(p problems) error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// withRest is an error, and that there may be more, as one: problems and a fault
// are both found in it.
func withRest(err error, rest *fault) error {
	if rest == nil {
		return err
	}
	return errors.Join(err, rest)
}

// judgeAgain tries once more what was tried before the policies of head were in
// force: what else head has is applied again and again.
func (s *session) judgeAgain(ctx context.Context) {
	changed := slices.ContainsFunc(s.deltas, func(t *trial) bool { return s.rank(t.Current()) == rankPolicy || s.policies.params[t.ID()] })
	if !changed || s.live {
		return
	}
	s.each(func(t *trial) bool {
		// What is refused before policies are asked stays so.
		early := slices.ContainsFunc(t.head.problems, func(p problem) bool { return p.rule != ruleUnknownField && p.rule != ruleRefused })
		return s.rank(t.Current()) < rankPolicy && t.Operation != diff.Delete && t.fault == nil && !early
	}, func(t *trial) { s.judgeNew(ctx, t) })
}

// judgeNew asks once more for an object of head, and adds what is new.
func (s *session) judgeNew(ctx context.Context, t *trial) {
	i, err := s.item(t.Object)
	var said accepted
	if err == nil {
		i.fields = t.head.problems.leaveOut(i.fields)
		said, err = s.client.send(ctx, i, how{})
	}
	found := problemsOf(err)
	why := found.elsewhere()
	if why != nil {
		found = nil
	} else if err != nil && found == nil {
		why = faultOf(err)
	}
	if found, err = s.refine(ctx, i, nil, found); err != nil {
		why = faultOf(err)
	}
	for _, p := range found {
		if !slices.ContainsFunc(t.head.problems, func(q problem) bool { return q.rule == p.rule && q.msg == p.msg }) {
			t.head.problems = append(t.head.problems, p)
		}
	}
	for _, w := range said.warnings {
		if !slices.Contains(t.head.warnings, w) {
			t.head.warnings = append(t.head.warnings, w)
		}
	}
	t.head.rest = cmp.Or(t.head.rest, said.rest)
	switch {
	case why == nil:
	case t.head.problems == nil:
		t.fault = why
	default:
		t.entries = append(t.entries, s.entryOf(t.Object, why.reason, "what policies say of it was not found out: "+why.detail))
	}
}

// retire takes away the policies that head deletes. Whatever applies a change
// deletes last, so that objects are judged by them; the controllers of workloads
// go on until their Pods are admitted.
func (s *session) retire(ctx context.Context) {
	var gone []*trial
	for _, t := range s.deltas {
		if t.Operation == diff.Delete && s.rank(t.OldObject) == rankPolicy && t.fault == nil && t.head.problems == nil && s.deletes(t.ID()) {
			gone = append(gone, t)
		}
	}
	if len(gone) == 0 || s.live {
		return
	}
	names := map[string]bool{}
	for _, t := range gone {
		names[t.ID().Name] = true
		i, err := s.item(t.OldObject)
		if err == nil {
			err = s.client.remove(ctx, i)
		}
		if err != nil {
			t.fault = faultOf(err)
		}
	}
	s.settleAll(ctx)
	s.each(func(t *trial) bool { return t.Object != nil && t.fault == nil }, func(t *trial) {
		for n, p := range t.head.problems {
			if d, ok := readDenial(p.msg); ok && (names[d.policy] || names[d.binding]) && !slices.ContainsFunc(t.base.problems, func(b problem) bool { return b.msg == p.msg }) {
				t.head.problems[n].msg += " — the change deletes the policy, and what applies it deletes last"
			}
		}
		if t.head.pod != nil {
			t.head.pod = nil
			s.tryPodOf(ctx, t)
		}
	})
}
