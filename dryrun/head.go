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
		s.each(func(t *trial) bool { return rank(t.Current()) == r }, func(t *trial) {
			s.try(ctx, t)
			if r != rankOther && !s.live {
				s.enforce(ctx, t)
			}
		})
		if r == rankSurrounding {
			s.settleAll(ctx)
		}
	}
}

// settleAll waits until everything stored is in force. If that cannot be known,
// what is tried from here on may be answered by a state that is too old.
func (s *session) settleAll(ctx context.Context) {
	if s.settle == nil {
		return
	}
	if err := s.settle(ctx); err != nil {
		s.note(verdict.Object{}, failed, "the API server did not come to rest: "+err.Error())
	}
}

// enforce stores what has been tried, or takes it away.
func (s *session) enforce(ctx context.Context, t *trial) {
	if t.fault != nil || t.head.problems != nil {
		if t.Object != nil && isDefinition(t.Object) && (t.OldObject == nil || t.absent) {
			d := readDefinition(t.Object)
			s.mu.Lock()
			s.kinds.broken[d.kindOf()] = &fault{blocked, "the API server refuses the definition of its kind"}
			s.mu.Unlock()
		}
		return
	}
	var err error
	switch {
	case t.Object != nil:
		_, err = s.load(ctx, t.Object, how{})
	case rank(t.OldObject) == rankSurrounding:
		var i item
		if i, err = s.item(t.OldObject); err == nil {
			_, err = s.client.remove(ctx, i, true)
		}
	}
	if err != nil {
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
	switch {
	case err != nil:
	case t.Operation == diff.Delete:
		t.head.warnings, err = s.tryDelete(ctx, t, i)
	default:
		t.head.warnings, err = s.client.send(ctx, i, how{})
	}
	if err != nil && !errors.As(err, &t.head.problems) {
		t.fault = s.homeless(t.Current(), faultOf(err))
		return
	}
	if t.Operation == diff.Delete {
		return
	}
	if t.head.problems != nil {
		for n, p := range t.head.problems {
			if p.path == "" && t.ID().Kind == "Pod" {
				t.head.problems[n].path = containerPath(podSpec(t.Object), "", p.msg)
			}
		}
		if s.live {
			s.tryOldAlone(ctx, t)
		}
		if t.head.problems, err = s.refine(ctx, i, t.stored(), t.head.problems); err != nil {
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

// homeless says of an object without a namespace on a live cluster that the
// namespace comes with the change, if it does.
func (s *session) homeless(o *manifest.Object, f *fault) *fault {
	if s.live && f.reason == blocked && s.in.Head.Get(manifest.ID{Kind: "Namespace", Name: o.ID().Namespace}) != nil {
		return &fault{unverifiable, "its namespace comes with this change, and a live cluster does not have it yet — --dry-run=embedded tries both"}
	}
	return f
}

// encrypted reports whether SOPS has encrypted an object
// (https://getsops.io/docs/#encryption-protocol).
func encrypted(o *manifest.Object) bool {
	_, ok := o.Fields()["sops"].(map[string]any)
	return ok
}

func (s *session) tryDelete(ctx context.Context, t *trial, i item) ([]string, error) {
	if t.absent || i.generated() {
		return nil, nil
	}
	warned, err := s.client.remove(ctx, i, false)
	var p problems
	if errors.As(err, &p) {
		for n := range p {
			p[n].rule = ruleDelete
		}
	}
	return warned, err
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
	fields := t.OldObject.Fields()
	for _, p := range t.base.problems {
		if p.rule == ruleUnknownField && lookup(fields, p.path) != nil {
			fields = without(fields, nil, manifest.SplitPointer(p.path))
		}
	}
	return fields
}

// tryPodOf tries the Pod of a workload that the server accepts, and takes its
// refusal as one of the workload.
func (s *session) tryPodOf(ctx context.Context, t *trial) {
	err := s.tryPod(ctx, t.Object)
	if err == nil {
		return
	}
	if !errors.As(err, &t.head.pod) {
		f := faultOf(err)
		t.entries = append(t.entries, s.entryOf(t.Object, f.reason, "its Pods were not tried: "+f.detail))
		return
	}
	if s.live && t.OldObject != nil {
		t.base.pod = problemsOf(s.tryPod(ctx, t.OldObject))
	}
	// The same in mild words: Pod Security warns of the workload as well.
	t.head.warnings = slices.DeleteFunc(t.head.warnings, func(w string) bool { return strings.HasPrefix(w, "would violate PodSecurity") })
}

// tryPod tries the Pod that the controller of a workload would make. Its error
// is problems with paths into the workload, or a *fault; objects of other kinds
// have none.
func (s *session) tryPod(ctx context.Context, o *manifest.Object) error {
	t, at, ok := template(o)
	if !ok {
		return nil
	}
	pod, err := manifest.NewObject(manifest.Document{File: o.Origin().File, Fields: podOf(o, t)})
	if err != nil {
		return &fault{failed, err.Error()}
	}
	i, err := s.item(pod.WithNamespace(o.ID().Namespace))
	if err != nil {
		return err
	}
	_, err = s.client.send(ctx, i, how{create: true, lenient: true})
	found := problemsOf(err)
	if found == nil {
		return err
	}
	spec, _ := t["spec"].(map[string]any)
	for n, p := range found {
		found[n].rule = rulePod
		if p.path != "" {
			found[n].path = at + p.path
		} else {
			found[n].path = containerPath(spec, at, p.msg)
		}
	}
	return found
}
