package dryrun

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// tryHead tries the objects of head in the order in which a controller applies
// them. What others live in, are made of or are checked against is stored once
// it has been tried, so that it is in force for those.
func (s *session) tryHead(ctx context.Context) {
	for r := rankNamespace; r <= rankOther; r++ {
		if s.partAway(r); r == rankOther && !s.live {
			s.findDoubled()
		}
		s.askRights(ctx, r)
		if r == rankDefault && slices.ContainsFunc(s.deltas, func(t *trial) bool { return s.rank(t.Current()) == r }) {
			s.settleAll(ctx)
		}
		s.each(func(t *trial) bool { return s.rank(t.Current()) == r && t.away == "" && t.fault == nil }, func(t *trial) {
			s.try(ctx, t)
			if r != rankOther && !s.live {
				s.enforce(ctx, t)
			}
		})
		switch r {
		case rankPolicy:
			s.settleAll(ctx)
			if err := s.renewParams(ctx); err != nil {
				s.note(verdict.Object{}, failed, "the parameters of admission policies could not be renewed: "+err.Error())
			}
			s.judgeAgain(ctx)
		case rankOther:
			s.retire(ctx)
			s.askPods(ctx, true)
			s.collide()
		}
	}
}

// settleAll waits until everything stored is in force. If that cannot be known,
// what is tried from here on may be answered by a state that is too old.
func (s *session) settleAll(ctx context.Context) {
	if err := s.settled(ctx); err != nil {
		s.note(verdict.Object{}, failed, "the API server did not come to rest: "+err.Error())
	}
}

// settled waits until everything stored is in force. A server of which that
// cannot be known ends.
func (s *session) settled(ctx context.Context) error {
	if s.settle == nil {
		return nil
	}
	if f := s.client.bounds.over.Load(); f != nil {
		return f
	}
	err := s.settle(ctx)
	if err != nil {
		s.client.lost.Store(true)
	}
	return err
}

// enforce stores what has been tried, or takes it away.
func (s *session) enforce(ctx context.Context, t *trial) {
	if t.fault != nil || slices.ContainsFunc(t.head.problems, func(p problem) bool { return p.rule != ruleUnknownField }) {
		if t.Object != nil && isDefinition(t.Object) && (t.OldObject == nil || t.absent) {
			d := readDefinition(t.Object)
			s.mu.Lock()
			s.kinds.broken[d.kindOf()] = &fault{blocked, "the API server refuses the definition of its kind"}
			if t.unapplied {
				s.kinds.broken[d.kindOf()].detail = "the definition of its kind is not applied"
			}
			s.mu.Unlock()
		}
		return
	}
	var err error
	switch {
	case !s.storable(t.Current()):
	case t.Object != nil:
		if err = s.clear(ctx, t); err != nil {
			break
		}
		// Many controllers leave unknown fields out by themselves.
		err = s.make(ctx, t.head.problems.leaveOut(t.Object.Fields()), t.Object.Origin().Owners...)
	case rank(t.OldObject) == rankSurrounding, s.policies.demanded[t.ID()]:
		err = s.erase(ctx, t.OldObject)
	}
	if err != nil && !errors.As(err, &t.head.problems) {
		t.fault = faultOf(err)
	}
}

// try asks the server for its opinion of a delta.
func (s *session) try(ctx context.Context, t *trial) {
	if o := t.Current(); encrypted(o) {
		t.fault = &fault{verdict.Encrypted, "it is encrypted with SOPS, and there is no key here"}
		return
	}
	i, err := s.item(t.Current())
	if t.fault = s.passedOver(ctx, t, i); t.fault != nil {
		t.unapplied = true
		return
	}
	old := t.stored()
	switch {
	case t.Operation == diff.Delete && problemsOf(err) != nil:
		return // What no server accepts is not there.
	case err != nil:
	case t.Operation == diff.Delete:
		if t.head.warnings, err = s.tryDelete(ctx, t, i); problemsOf(err) != nil {
			_ = errors.As(err, &t.head.rest) // where there is one
		}
	default:
		if t.head.problems = s.homes(i); t.head.problems != nil {
			return
		}
		if i, err = s.sendNew(ctx, t, i); t.replaced {
			old = nil
		}
	}
	if err != nil && !errors.As(err, &t.head.problems) {
		t.fault = faultOf(err)
		return
	}
	if t.Operation == diff.Delete {
		return
	}
	if why := t.head.problems.elsewhere(); why != nil && !s.live {
		t.head.problems, t.fault = nil, why
		return
	}
	if s.live && t.OldObject != nil && t.head.warnings != nil {
		if old, err := s.item(t.OldObject); err == nil {
			said, _ := s.client.send(ctx, old, how{}) // what it refuses is asked for below
			t.base.warnings = said.warnings
		}
	}
	if t.head.problems != nil {
		for n, p := range t.head.problems {
			if p.path == "" && t.ID().Kind == "Pod" {
				t.head.problems[n].path = containerPath(podSpec(t.Object), "", p.msg)
			}
		}
		if s.live {
			if s.tryOldAlone(ctx, t); !t.replaced {
				old = t.stored()
			}
		}
		if t.head.problems, err = s.refine(ctx, i, old, t.head.problems); err != nil {
			f := faultOf(err)
			t.entries = append(t.entries, s.entryOf(t.Object, f.reason, "whether anything else is wrong with it was not found out: "+f.detail))
		}
		if slices.ContainsFunc(t.head.problems, func(p problem) bool { return p.rule != ruleImmutable && p.rule != ruleUnknownField }) {
			return
		}
		// The object is right by itself, or becomes so where unknown fields are
		// left out, and so its Pods can be tried.
	}
	s.tryPodOf(ctx, t)
}

// sendNew tries a new object, and returns how it was sent in the end: what is to
// replace the old one goes under a name that nothing has.
func (s *session) sendNew(ctx context.Context, t *trial, i item) (item, error) {
	t.replaced = t.Operation == diff.Update && s.hook(t)
	if s.live && s.hook(t) {
		i = i.renamed()
	}
	var err error
	if s.live && (t.Operation == diff.Update || rank(t.Object) != rankOther) {
		s.lookUp(ctx, t, i)
	}
	if s.live && t.OldObject != nil {
		// Nothing is stored here of which Helm would know what it applied last.
		if old, err := s.item(t.OldObject); err == nil {
			s.client.releases.remember(old)
		}
	}
	keep := s.keeps(t, i)
	// What takes no fields from other managers is the same by force and without it.
	yield := s.live && !t.replaced && t.base.object != nil && s.client.by(i).method == serverSide
	t.head.accepted, err = s.client.send(ctx, i, how{store: keep, yield: yield})
	var taken *conflict
	if errors.As(err, &taken) {
		t.head.accepted, err = s.client.send(ctx, i, how{})
	}
	t.kept = keep && err == nil
	stands := !t.absent && !s.hook(t) && (t.Operation == diff.Update || s.live)
	if problemsOf(err) != nil && stands && s.client.applier.forced(t.Object, t.OldObject) {
		i, t.replaced = i.renamed(), true
		t.head.accepted, err = s.client.send(ctx, i, how{})
	}
	if err == nil && s.live && !t.replaced && t.base.object != nil {
		if taken != nil {
			t.head.owned = taken.fields
		}
		s.findTakeovers(ctx, t, i, yield)
	}
	if err == nil && s.live && t.replaced && t.base.object == nil && !t.absent {
		t.entries = append(t.entries, s.entryOf(t.Object, unverifiable, "whether the old object, which has to go first, waits for finalizers that the cluster has: the user of the dry-run could not read it"))
	}
	return i, err
}

// homes are the problems of an object that stays while the change deletes the
// namespace that it is in or the definition of its kind, and so all that is there.
func (s *session) homes(i item) problems {
	if i.namespaced && s.deletes(manifest.ID{Kind: "Namespace", Name: i.namespace}) {
		return problems{{rule: ruleRefused, path: "/metadata/namespace", msg: "the change deletes the namespace " + i.namespace + ", and all that is in it"}}
	}
	if i.definition != nil && s.deletes(i.definition.ID()) {
		return problems{{rule: ruleVersion, path: "/apiVersion", msg: "the change deletes " + i.definition.ID().Name + ", the definition of its kind, and all objects of it"}}
	}
	return nil
}

// deletes reports whether the change takes an object away that whatever applies
// it then deletes.
func (s *session) deletes(id manifest.ID) bool {
	return slices.ContainsFunc(s.deltas, func(t *trial) bool {
		return t.Operation == diff.Delete && t.ID() == id && !s.client.applier.keeps(t.OldObject)
	})
}

// encrypted reports whether SOPS has encrypted an object
// (https://getsops.io/docs/#encryption-protocol).
func encrypted(o *manifest.Object) bool {
	mac, _ := child(o.Fields()["sops"], "mac").(string)
	return mac != ""
}

// tryOldAlone asks a live cluster what it says of the old object, so that head
// is not blamed for what base has.
func (s *session) tryOldAlone(ctx context.Context, t *trial) {
	if t.OldObject == nil {
		return
	}
	i, err := s.item(t.OldObject)
	if err == nil {
		_, err = s.client.send(ctx, i, how{})
		t.base.problems = s.refineOld(ctx, i, err)
	}
}

// stored is what the server has of the object of a trial, or nil. Unknown fields
// are not stored.
func (t *trial) stored() map[string]any {
	if t.Operation != diff.Update || t.absent {
		return nil
	}
	return t.base.problems.leaveOut(t.OldObject.Fields())
}

// leaveOut returns fields without those that are unknown.
func (p problems) leaveOut(fields map[string]any) map[string]any {
	for _, one := range p {
		if one.rule == ruleUnknownField && one.path != "" && lookup(fields, one.path) != nil {
			fields = without(fields, nil, manifest.SplitPointer(one.path))
		}
	}
	return fields
}

// tryPodOf tries the Pod of a workload that the server accepts, and takes its
// refusal as one of the workload.
func (s *session) tryPodOf(ctx context.Context, t *trial) {
	var err error
	t.head.made, err = s.tryPod(ctx, t.Object)
	if err == nil {
		return
	}
	var why *fault
	switch told := errors.As(err, &t.head.pod); {
	case !told:
		f := faultOf(err)
		t.entries = append(t.entries, s.entryOf(t.Object, f.reason, "its Pods were not tried: "+f.detail))
		return
	case errors.As(err, &why):
		t.entries = append(t.entries, s.entryOf(t.Object, why.reason, "of its Pods: "+why.detail))
	}
	if why := t.head.pod.elsewhere(); why != nil && !s.live {
		t.head.pod = nil
		t.entries = append(t.entries, s.entryOf(t.Object, why.reason, "its Pods were not tried: "+why.detail))
		return
	}
	if s.tryOldPodsLate() && t.OldObject != nil {
		t.base.made, err = s.tryPod(ctx, t.OldObject)
		t.base.pod = problemsOf(err)
	}
	// The same in mild words: Pod Security warns of the workload as well.
	t.head.warnings = slices.DeleteFunc(t.head.warnings, func(w string) bool { return strings.HasPrefix(w, "would violate PodSecurity") })
}

// tryPod tries the Pod that the controller of a workload would make. Its error
// is problems with paths into the workload, or a *fault; objects of other kinds
// have none.
func (s *session) tryPod(ctx context.Context, o *manifest.Object) (map[string]any, error) {
	t, at, ok := template(o)
	if !ok {
		return nil, nil
	}
	pod, err := manifest.NewObject(manifest.Document{File: o.Origin().File, Fields: podOf(o, t)})
	if err != nil {
		return nil, &fault{failed, err.Error()}
	}
	i, err := s.item(pod.WithNamespace(o.ID().Namespace))
	if err != nil {
		return nil, err
	}
	h := how{create: true, lenient: true}
	made, err := s.client.send(ctx, i, h)
	found := problemsOf(err)
	if found == nil {
		return made.object, withRest(err, made.rest)
	}
	spec, _ := t["spec"].(map[string]any)
	for n, p := range found {
		found[n].rule = rulePod
		p.path = s.placeDenial(ctx, i, nil, p, found, h)
		if p.path != "" {
			found[n].path = at + p.path
		} else {
			found[n].path = containerPath(spec, at, p.msg)
		}
	}
	return nil, withRest(found, made.rest)
}
