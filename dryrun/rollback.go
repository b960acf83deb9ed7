package dryrun

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// wayBack is what the server says of an old object where it has the new one.
type wayBack struct {
	// tried says that there is a way to go: something changes for good.
	tried    bool
	problems problems
	// fault is why it was not found out.
	fault *fault
}

// tryRollback stores what head makes of the objects of base, and tries base over
// it: what changes, and what goes. What head creates is deleted on the way back,
// and is left out.
func (s *session) tryRollback(ctx context.Context) {
	s.rollback = verdict.Rollback{State: verdict.RollbackNotEvaluated, Reason: unverifiable}
	switch {
	case !s.wantsRollback():
		s.rollback.Reason, s.rollback.Detail = verdict.Off, "the rule "+RuleRollback+" is switched off"
		return
	case s.live:
		s.rollback.Detail = "nothing is stored on a live cluster, so that there is no head to go back from — --dry-run=embedded tries it"
		return
	}
	for _, t := range s.deltas {
		t.back.tried, t.back.fault = s.hasWayBack(t)
	}
	stored := false
	s.each(func(t *trial) bool {
		on := t.back.tried && t.fault == nil && s.rank(t.Current()) == rankOther
		stored = stored || on
		return on
	}, func(t *trial) {
		if t.kept {
			return
		}
		if err := s.goForth(ctx, t); err != nil {
			t.back.fault = &fault{unverifiable, "what head makes of it could not be stored: " + err.Error()}
		}
	})
	for r := rankNamespace; r <= rankOther; r++ {
		if stored {
			err := s.settled(ctx)
			if r == rankOther && err == nil {
				err = s.renewParams(ctx)
			}
			if err != nil {
				s.strand(r, err)
				break
			}
		}
		stored = false
		s.each(func(t *trial) bool {
			on := t.back.tried && t.back.fault == nil && s.rank(t.Current()) == r
			stored = stored || on
			return on
		}, func(t *trial) { s.goBack(ctx, t) })
	}
	s.rollback = s.sumUp()
}

func (s *session) wantsRollback() bool { return s.in.Environment.Severities[RuleRollback] != "off" }

// strand says of all from a rank on that its way back was not tried.
func (s *session) strand(r int, err error) {
	for _, t := range s.deltas {
		if t.back.tried && t.back.fault == nil && s.rank(t.Current()) >= r {
			t.back.fault = faultOf(err)
		}
	}
}

// hasWayBack reports whether there is anything to undo about a delta. The fault
// is why that cannot be tried.
func (s *session) hasWayBack(t *trial) (bool, *fault) {
	refused := slices.ContainsFunc(t.head.problems, func(p problem) bool { return p.rule != ruleUnknownField })
	switch {
	case t.beside != "", t.Operation == diff.Create, t.Operation == diff.Delete && !s.deletes(t.ID()):
		return false, nil
	case t.unapplied:
		return false, nil
	case t.fault != nil:
		return true, &fault{unverifiable, "what head makes of it is not known"}
	case refused, t.same(), s.hook(t):
		return false, nil
	case !s.storable(t.OldObject):
		return true, &fault{unverifiable, "its kind is not in force in the dry-run"}
	case t.absent && t.base.problems != nil:
		return false, nil //nolint:nilerr // what no server accepts is not there to go back to
	case t.absent:
		return true, &fault{unverifiable, "what base has of it could not be loaded"}
	}
	return true, nil
}

// goForth stores what head makes of an object of base.
func (s *session) goForth(ctx context.Context, t *trial) error {
	if t.Operation == diff.Update && !t.replaced {
		return s.make(ctx, t.head.problems.leaveOut(t.Object.Fields()), t.Object.Origin().Owners...)
	}
	if err := s.erase(ctx, t.OldObject); err != nil || t.Operation == diff.Delete {
		return err
	}
	return s.make(ctx, t.head.problems.leaveOut(t.Object.Fields()), t.Object.Origin().Owners...)
}

// clear takes away what has to go before its replacement is stored.
func (s *session) clear(ctx context.Context, t *trial) error {
	if !t.replaced || t.absent {
		return nil
	}
	return s.erase(ctx, t.OldObject)
}

// goBack tries the old object over the new one. What others live in, are made of
// or are checked against is stored, so that it is in force for those.
func (s *session) goBack(ctx context.Context, t *trial) {
	old, err := manifest.NewObject(manifest.Document{File: t.OldObject.Origin().File, Fields: t.base.problems.leaveOut(t.OldObject.Fields())})
	if err != nil {
		t.back.fault = faultOf(err)
		return
	}
	old = old.WithOwners(t.OldObject.Origin().Owners...)
	if s.rank(old) == rankOther {
		err = s.tryBack(ctx, t, old)
	} else {
		err = s.putBack(ctx, t, old)
	}
	switch found := problemsOf(err); {
	case found != nil:
		// What base has on its own does not come from the way back.
		t.back.problems = slices.DeleteFunc(found, func(p problem) bool { return known(t.base.problems, p) == verdict.Unchanged })
	case err != nil:
		t.back.fault = faultOf(err)
	}
}

// putBack stores an old object that others depend on. One that is replaced by
// force goes first; but not a namespace or a definition: nothing finalizes those
// here, and all that is in them, or of their kind, would not come back.
func (s *session) putBack(ctx context.Context, t *trial, old *manifest.Object) error {
	stored, err := s.load(ctx, old, how{})
	found := problemsOf(err)
	switch forced := found != nil && t.Object != nil && s.client.applier.forced(old, t.Object); {
	case forced && rank(old) < rankSurrounding:
		for n := range found {
			found[n].msg += "; by force, it is deleted first, with " + dependants(old)
		}
		return found
	case forced:
		if err = s.erase(ctx, t.Object); err != nil {
			return err
		}
		stored, err = s.load(ctx, old, how{})
	}
	if err != nil {
		return err
	}
	return orNil(stored.denied)
}

// dependants are what goes with a namespace or a definition, in words.
func dependants(o *manifest.Object) string {
	if isDefinition(o) {
		return "all objects of its kind"
	}
	return "all that is in it"
}

// tryBack tries an old object that nothing else depends on.
func (s *session) tryBack(ctx context.Context, t *trial, old *manifest.Object) error {
	i, err := s.item(old)
	if err != nil {
		return err
	}
	_, err = s.client.send(ctx, i, how{})
	found := problemsOf(err)
	if found == nil {
		return err
	}
	if s.client.applier.forced(old, t.Object) {
		_, err = s.client.send(ctx, i.renamed(), how{})
		return err
	}
	var now map[string]any
	if t.Object != nil {
		now = t.Object.Fields()
	}
	if found, err = s.refine(ctx, i, now, found); err != nil {
		return errors.Join(err, found)
	}
	return found
}

// lost says what does not come back with the old object, because head deletes
// it; it is empty where nothing is lost that the repository does not hold.
func (s *session) lost(t *trial) string {
	if !t.back.tried || t.Operation != diff.Delete && !t.replaced {
		return ""
	}
	spec := t.OldObject.Fields()["spec"]
	switch t.ID().Group + "/" + t.ID().Kind {
	case "/PersistentVolumeClaim":
		return "the change deletes the claim, and by default its volume and data: a rollback makes an empty one"
	case "apps/StatefulSet":
		if child(spec, "volumeClaimTemplates") != nil && child(child(spec, "persistentVolumeClaimRetentionPolicy"), "whenDeleted") == "Delete" {
			return "the change deletes the StatefulSet, and with it its claims and their data (persistentVolumeClaimRetentionPolicy): a rollback makes empty ones"
		}
	}
	if isDefinition(t.OldObject) {
		return "the change deletes the definition, and with it all objects of its kind: a rollback brings back only those that the repository holds"
	}
	return ""
}

// obstacles are what prevents that a delta is undone, as findings.
func (s *session) obstacles(t *trial) []verdict.Finding {
	var out []verdict.Finding
	if why := s.lost(t); why != "" {
		out = append(out, s.finding(t, problem{rule: RuleRollback, msg: why}, verdict.Warning, verdict.New))
	}
	for _, p := range t.back.problems {
		p.rule, p.msg = RuleRollback, "the way back is refused: "+p.msg
		out = append(out, s.finding(t, p, verdict.Warning, verdict.New))
	}
	return out
}

// sumUp says of the environment what was found out of its objects.
func (s *session) sumUp() verdict.Rollback {
	r := verdict.Rollback{State: verdict.RollbackPossible}
	var gaps []string
	for _, t := range s.deltas {
		for _, f := range s.obstacles(t) {
			r.Obstacles = append(r.Obstacles, verdict.Obstacle{Object: f.Object, Message: f.Message, Location: f.Location})
		}
		if t.back.fault != nil {
			gaps = append(gaps, t.ID().String()+": "+s.entryOf(t.Current(), unverifiable, t.back.fault.detail).Detail)
		}
	}
	switch len(gaps) {
	case 0:
	case 1:
		r.Detail = gaps[0]
	default:
		r.Detail = fmt.Sprintf("%d objects, the first of them %s", len(gaps), gaps[0])
	}
	if len(gaps) > 0 {
		r.State, r.Reason = verdict.RollbackNotEvaluated, unverifiable
	}
	if len(r.Obstacles) > 0 {
		r.State = verdict.RollbackPrevented
	}
	return r
}
