package dryrun

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	corev1 "k8s.io/api/core/v1"
)

// countQuotas finds what does not fit into the quotas of the namespaces that the
// change has objects in: the server counts for itself only what it stores, and
// nobody makes the Pods of workloads.
//
// That an update has Pods of both versions for a while is left out: where there is
// no room for more, it goes on with fewer, as far as maxUnavailable lets it.
func (s *session) countQuotas() {
	base, head := s.sides()
	m, err := newMeter()
	limits := head.limits(func(o *manifest.Object, err error) {
		s.notes = append(s.notes, s.entryOf(o, unverifiable, "what is used of the quota is not counted, because "+err.Error()))
	})
	if len(limits) == 0 {
		return
	}
	if err != nil {
		s.note(verdict.Object{}, failed, "quotas are not counted: "+err.Error())
		return
	}
	before := base.limits(func(*manifest.Object, error) {})
	old, now := base.shares(limits), head.shares(limits)
	for _, o := range head.objects {
		for _, l := range limits[homeOf(o)] {
			if l.object == o {
				s.judgeLimit(m, l, old[homeOf(o)], now[homeOf(o)])
			}
		}
	}
	s.demands(m, base, head, before, limits)
}

func (l limit) names() []corev1.ResourceName {
	var out []corev1.ResourceName
	for name := range l.Spec.Hard {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// judgeLimit tells what does not fit into a quota of head, and how it was counted.
func (s *session) judgeLimit(m meter, l limit, base, head []share) {
	now, err := m.measure(l, head)
	var was usage
	if err == nil {
		was, err = m.measure(l, base)
	}
	if err != nil {
		s.notes = append(s.notes, s.entryOf(l.object, unverifiable, "what is used of the quota is not counted: "+err.Error()))
		return
	}
	s.notes = append(s.notes, s.entryOf(l.object, unverifiable, l.account(now)))
	for _, name := range l.exceeded(now) {
		s.counted = append(s.counted, s.excess(m, l, name, was, now))
	}
}

// account says how a quota was counted.
func (l limit) account(u usage) string {
	var sums []string
	for _, name := range l.names() {
		used, hard := u.used[name], l.Spec.Hard[name]
		sums = append(sums, fmt.Sprintf("%s=%s of %s", name, used.String(), hard.String()))
	}
	text := "counted is what the environment renders, and the Pods and claims of its workloads (" + strings.Join(sums, ", ") + "); what else the namespace has, made by hand or by controllers, is not known"
	if u.unknown != nil {
		text += "; not counted in full: " + strings.Join(u.unknown[:min(len(u.unknown), largest)], ", ")
		if more := len(u.unknown) - largest; more > 0 {
			text += fmt.Sprintf(", and %d more", more)
		}
	}
	return text
}

// excess is the finding that a quota is exceeded, at what adds most to it, or at
// the quota where that allows less than base needs already.
func (s *session) excess(m meter, l limit, name corev1.ResourceName, was, now usage) verdict.Finding {
	used, hard := now.used[name], l.Spec.Hard[name]
	p := problem{rule: ruleRefused, msg: fmt.Sprintf("exceeded quota: %s, needed: %s=%s, limited: %s=%s; by %s", l.Name, name, used.String(), name, hard.String(), now.takers(name))}
	baseline := s.knownExcess(l, name, was, now)
	if before := was.used[name]; s.touches(l.object.ID()) && before.Cmp(hard) > 0 {
		p.path = manifest.JoinPointer("/spec/hard", string(name))
		p.msg += fmt.Sprintf(" — base needs %s already: Kubernetes accepts the quota, and refuses all that is made anew, the Pods of a rollout among it", before.String())
		return s.finding(s.trialOf(l.object), p, verdict.Error, baseline)
	}
	o := grower(name, was, now)
	if o == nil {
		p.path = manifest.JoinPointer("/spec/hard", string(name))
		return s.finding(s.trialOf(l.object), p, verdict.Error, baseline)
	}
	t := s.trialOf(o)
	if _, _, workload := template(o); workload && (m.limitsPods(name) || m.limitsClaims(name)) {
		p.rule = rulePod
	}
	p.path = growth(t, name)
	return s.finding(t, p, verdict.Error, baseline)
}

// knownExcess says whether base exceeds its quota by as much already.
func (s *session) knownExcess(l limit, name corev1.ResourceName, was, now usage) verdict.Baseline {
	old := s.in.Base.Get(l.object.ID())
	if old == nil {
		return verdict.New
	}
	before, err := readLimit(old)
	if _, limited := before.Spec.Hard[name]; err != nil || !limited || !reflect.DeepEqual(before.Spec.Scopes, l.Spec.Scopes) || !reflect.DeepEqual(before.Spec.ScopeSelector, l.Spec.ScopeSelector) {
		return verdict.New
	}
	then, today := before.over(was, name), l.over(now, name)
	if then.Sign() > 0 && then.Cmp(today) >= 0 {
		return verdict.Unchanged
	}
	return verdict.New
}

// grower is the object that takes more of a resource than before, and most so;
// nil where none does.
func grower(name corev1.ResourceName, was, now usage) *manifest.Object {
	var found *manifest.Object
	most := none([]corev1.ResourceName{name})[name]
	for _, p := range now.parts {
		more := p.takes[name].DeepCopy()
		for _, q := range was.parts {
			if p.of != nil && q.of != nil && q.of.ID() == p.of.ID() {
				more.Sub(q.takes[name])
			}
		}
		if p.of != nil && more.Cmp(most) > 0 {
			found, most = p.of, more
		}
	}
	return found
}

// growth is the field by which an object takes more of a resource.
func growth(t *trial, name corev1.ResourceName) string {
	o := t.Current()
	var paths []string
	switch o.ID().Kind {
	case "Service":
		if name == corev1.ResourceServicesLoadBalancers || name == corev1.ResourceServicesNodePorts {
			paths = []string{"/spec/type"}
		}
	case "PersistentVolumeClaim":
		if strings.HasSuffix(string(name), string(corev1.ResourceRequestsStorage)) {
			paths = []string{"/spec/resources/requests/storage"}
		}
	case "Pod":
		return ""
	default:
		if strings.HasPrefix(string(name), "count/") && name != "count/pods" && name != "count/persistentvolumeclaims" {
			return ""
		}
		paths = []string{"/spec/replicas", "/spec/parallelism", "/spec/template"}
	}
	for _, path := range paths {
		now := lookup(o.Fields(), path)
		if now != nil && (t.OldObject == nil || !reflect.DeepEqual(now, lookup(t.OldObject.Fields(), path))) {
			return path
		}
	}
	return ""
}

// trialOf is the trial of an object, or one of an object that the change leaves
// as it is.
func (s *session) trialOf(o *manifest.Object) *trial {
	for _, t := range s.deltas {
		if t.ID() == o.ID() {
			return t
		}
	}
	return &trial{Delta: diff.Delta{Object: o, OldObject: o}}
}

// demands finds the Pods that do not say what a quota wants to know of them.
func (s *session) demands(m meter, base, head side, before, after map[string][]limit) {
	for _, o := range head.objects {
		if len(after[homeOf(o)]) == 0 {
			continue
		}
		missing := head.missing(m, o, after)
		if !s.touches(o.ID()) {
			known := base.missing(m, o, before)
			for _, p := range missing {
				if !slices.Contains(known, p) {
					s.counted = append(s.counted, s.finding(s.trialOf(o), p, verdict.Error, verdict.New))
				}
			}
			continue
		}
		t := s.trialOf(o)
		if t.Operation == diff.Delete {
			continue
		}
		var known problems
		if t.OldObject != nil {
			known = base.missing(m, t.OldObject, before)
		}
		if o.ID().Kind == "Pod" {
			t.head.problems, t.base.problems = append(t.head.problems, missing...), append(t.base.problems, known...)
			continue
		}
		t.head.pod, t.base.pod = append(t.head.pod, missing...), append(t.base.pod, known...)
	}
}

// missing is what the Pods of an object do not say and quotas want to know, as far
// as the server has said what it makes of them; and what they are too large for
// where it is not known how many there are.
func (d side) missing(m meter, o *manifest.Object, limits map[string][]limit) problems {
	_, at, workload := template(o)
	if !workload && (o.ID().Group != "" || o.ID().Kind != "Pod") {
		return nil
	}
	pod := &corev1.Pod{}
	if _, err := decoded(d.answer(o), pod); err != nil || len(pod.Spec.Containers) == 0 {
		return nil //nolint:nilerr // the server did not say, and that is told elsewhere
	}
	rule := ruleRefused
	if workload {
		rule = rulePod
	}
	var out problems
	for _, l := range limits[homeOf(o)] {
		// A selector that cannot be read is told where the quota is counted.
		if msg, err := m.demand(l, pod); err == nil && msg != "" {
			out = append(out, problem{rule: rule, path: lackingPath(podSpec(o), at, msg), msg: msg})
		}
		if n, _ := d.pods(o, nil); !workload || n > 0 {
			continue // they are counted
		}
		if msg := m.excess(l, pod); msg != "" {
			out = append(out, problem{rule: rule, path: at, msg: msg})
		}
	}
	return out
}

// lackingPath is the pointer to the first container of which a quota says that
// something is missing: "must specify limits.cpu for: a,b; limits.memory for: b".
func lackingPath(spec map[string]any, at, msg string) string {
	_, names, _ := strings.Cut(msg, " for: ")
	if end := strings.IndexAny(names, ",;"); end >= 0 {
		names = names[:end]
	}
	return containerPath(spec, at, fmt.Sprintf("container %q", names))
}
