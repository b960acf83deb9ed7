package dryrun

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/penstock-dev/penstock/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The order in which objects are loaded and tried: what others live in, what
// others are made of, what others are checked against, that of which there is one
// once another one is it no more, the parameters of admission policies, those, and
// the others.
const (
	rankNamespace = iota
	rankDefinition
	rankSurrounding
	rankDefault
	rankParameter
	rankPolicy
	rankOther
)

// rank is that of an object in the session, where it may be a parameter, or the
// class that becomes the default.
func (s *session) rank(o *manifest.Object) int {
	r := rank(o)
	switch {
	case r == rankOther && s.policies.params[o.ID()]:
		return rankParameter
	case r == rankSurrounding && o.ID().Kind == "PriorityClass":
		if head := s.in.Head.Get(o.ID()); head != nil && head.Fields()["globalDefault"] == true {
			return rankDefault
		}
	}
	return r
}

func rank(o *manifest.Object) int {
	switch o.ID().Group + "/" + o.ID().Kind {
	case "/Namespace":
		return rankNamespace
	case "apiextensions.k8s.io/CustomResourceDefinition":
		return rankDefinition
	case "/ServiceAccount", "/LimitRange", "scheduling.k8s.io/PriorityClass", "node.k8s.io/RuntimeClass", "storage.k8s.io/StorageClass", "networking.k8s.io/IngressClass":
		return rankSurrounding
	}
	if isPolicy(o) || isBinding(o) {
		return rankPolicy
	}
	return rankOther
}

// loadBase brings the server to the state that base is in, as far as the change
// needs it: what its objects live in, are made of and are checked against, and
// the old objects themselves.
func (s *session) loadBase(ctx context.Context) {
	var unchanged [rankOther + 1][]*manifest.Object
	for _, o := range s.in.Base.All() {
		if r := s.rank(o); r != rankOther && !s.changes(o.ID()) {
			unchanged[r] = append(unchanged[r], o)
		}
	}
	for r := rankNamespace; r <= rankOther; r++ {
		s.loadUnchanged(ctx, r, unchanged[r])
		s.each(func(t *trial) bool { return t.OldObject != nil && s.rank(t.OldObject) == r }, func(t *trial) {
			s.loadOld(ctx, t)
		})
		switch r {
		case rankNamespace:
			s.standInNamespaces(ctx)
		case rankSurrounding:
			s.standInSurroundings(ctx)
		case rankPolicy:
			// Claims take their class when they are made, and all that comes is
			// judged by the policies, and changed by them.
			s.settleAll(ctx)
			if s.policies.judge() {
				s.each(func(t *trial) bool { return t.OldObject != nil && s.rank(t.OldObject) < rankOther }, func(t *trial) { s.judgeOld(ctx, t) })
			}
		case rankOther:
			// Head is answered by them as well: by the Pods of a namespace that
			// takes another level, and by the class of Ingresses that name none.
			s.settleAll(ctx)
		}
	}
	if s.tryOldPodsLate() {
		return
	}
	s.each(func(t *trial) bool { return t.OldObject != nil }, func(t *trial) {
		var err error
		t.base.made, err = s.tryPod(ctx, t.OldObject)
		t.base.pod = problemsOf(err)
	})
	s.askPods(ctx, false)
}

// tryOldPodsLate reports whether the Pods of an old workload are tried only where
// those of the new one are refused: the server answers for them in the same way
// then, since nothing that the change stores in between has a say about Pods, and
// there is no quota to count them for.
func (s *session) tryOldPodsLate() bool {
	counted := func(o *manifest.Object) bool { return o.ID().Group == "" && o.ID().Kind == "ResourceQuota" }
	return s.live || !slices.ContainsFunc(s.in.Base.All(), counted) && !slices.ContainsFunc(s.in.Head.All(), counted) &&
		!slices.ContainsFunc(s.deltas, func(t *trial) bool { return s.rank(t.Current()) != rankOther })
}

// loadUnchanged loads, of the objects of one rank that the change leaves as they
// are, those that the changed ones need.
func (s *session) loadUnchanged(ctx context.Context, r int, objects []*manifest.Object) {
	needed := s.neededBy(r)
	if r == rankDefinition {
		s.loadDefinitions(ctx, needed)
	}
	for _, o := range objects {
		if !needed(o) {
			continue
		}
		_, err := s.load(ctx, o, how{})
		if problemsOf(err) != nil {
			_, err = s.load(ctx, o, how{lenient: true, create: true})
		}
		if err != nil {
			s.note(named(o), unverifiable, "the API server refuses what base has, so that it is not in force in the dry-run: "+err.Error())
		}
	}
}

// neededBy tells the objects of a rank that the changed objects need.
func (s *session) neededBy(r int) func(*manifest.Object) bool {
	namespaces := s.namespaces()
	kinds := maps.Clone(s.policies.paramKinds)
	for o := range s.changed() {
		kinds[schema.GroupKind{Group: o.ID().Group, Kind: o.ID().Kind}] = true
	}
	return func(o *manifest.Object) bool {
		switch r {
		case rankNamespace:
			return slices.Contains(namespaces, o.ID().Name)
		case rankDefinition:
			return kinds[readDefinition(o).kindOf()]
		case rankParameter:
			return s.policies.params[o.ID()]
		case rankPolicy:
			return s.policies.needed[o.ID()] && s.storable(o)
		}
		i, err := s.item(o)
		return err == nil && (!i.namespaced || slices.Contains(namespaces, i.namespace))
	}
}

// load stores an object, and does for it what a controller would do.
func (s *session) load(ctx context.Context, o *manifest.Object, h how) (accepted, error) {
	h.store = true
	if rank(o) == rankDefinition {
		return s.define(ctx, o, h)
	}
	switch {
	case isBinding(o):
		o = s.mild(o)
	case isPolicy(o):
		o = s.spare(o)
	}
	i, err := s.item(o)
	if err != nil {
		return accepted{}, err
	}
	stored, err := s.client.send(ctx, i, h)
	if err != nil {
		return accepted{}, err
	}
	switch o.ID().Group + "/" + o.ID().Kind {
	case "/Namespace":
		return stored, s.account(ctx, o.ID().Name, "default")
	case "/PersistentVolumeClaim":
		return stored, s.bind(ctx, o, i)
	}
	return stored, nil
}

// loadOld stores the object that base has of a delta. What base has that the
// server refuses is a fault of base: it is kept, so that head is not blamed for
// it, and the object is stored without strict validation if that helps.
func (s *session) loadOld(ctx context.Context, t *trial) {
	var err error
	if !s.storable(t.OldObject) || s.hook(t) || s.client.applier.forced(t.Current(), t.OldObject) && rank(t.OldObject) < rankSurrounding {
		t.absent = true
		var i item
		if i, err = s.item(t.OldObject); err == nil {
			t.base.accepted, err = s.client.send(ctx, i, how{})
			t.base.problems = s.refineOld(ctx, i, err)
		}
		return
	}
	t.base.accepted, err = s.load(ctx, t.OldObject, how{})
	if refusals := t.base.denied; err == nil && refusals != nil {
		if i, missing := s.item(t.OldObject); missing == nil {
			t.base.problems = s.refineOld(ctx, i, refusals)
		}
	}
	if found := problemsOf(err); found != nil {
		t.base.problems = found
		if i, missing := s.item(t.OldObject); missing == nil {
			t.base.problems = s.refineOld(ctx, i, found)
		}
		t.base.accepted, err = s.load(ctx, t.OldObject, how{lenient: true, create: true})
	}
	if err != nil {
		t.absent = true
		s.unloaded(t, err)
	}
}

// unloaded notes that an update was not tried on what base has.
func (s *session) unloaded(t *trial, err error) {
	if t.Object == nil {
		return
	}
	f := faultOf(err)
	if t.base.problems != nil {
		if !slices.ContainsFunc(t.base.problems, func(p problem) bool {
			_, byPolicy := readDenial(p.msg)
			return byPolicy || p.rule == ruleVersion
		}) {
			// What a server never accepted is not there.
			return
		}
		// An older one did, or one without the policy.
		f.reason = unverifiable
	}
	t.entries = append(t.entries, s.entryOf(t.OldObject, f.reason, "what base has of it could not be loaded, so that the update was tried as a creation: "+f.detail))
}

// refineOld makes the problems of an old object more exact. What is not found
// out about it counts against the new one.
func (s *session) refineOld(ctx context.Context, i item, err error) problems {
	found, _ := s.refine(ctx, i, nil, problemsOf(err))
	return found
}

func problemsOf(err error) problems {
	var p problems
	_ = errors.As(err, &p)
	return p
}

// storable reports whether an object of base may be stored. Some kinds would
// change how the server answers: webhooks and aggregated APIs that nothing
// serves here, and policies without their parameters. Quotas may be: without the
// controller that gives them a status they are not in force.
func (s *session) storable(o *manifest.Object) bool {
	switch {
	case o.ID().Group == admissionGroup:
		return rank(o) == rankPolicy && s.policies.lacking[o.ID()] == ""
	case o.ID().Group == "apiregistration.k8s.io":
		return false
	}
	return true
}

// syncOption reports whether an object has an option for Argo CD.
func syncOption(o *manifest.Object, option string) bool {
	return hasOption(o.Annotations()["argocd.argoproj.io/sync-options"], option)
}
