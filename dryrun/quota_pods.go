package dryrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// side is base or head, as the quotas see it.
type side struct {
	s       *session
	objects []*manifest.Object
	head    bool
	// made are the Pods of the workloads that the change leaves as they are, as the
	// server answered them, or would; nil for those that are refused.
	made map[manifest.ID]map[string]any
}

// sides are what base renders, and what is there once head is applied: what it
// renders, and what whatever applies it keeps.
func (s *session) sides() (base, head side) {
	base = s.before()
	head = side{s: s, objects: slices.Clone(s.in.Head.All()), head: true, made: s.made.head}
	for _, t := range s.deltas {
		if t.Operation == diff.Delete && !s.deletes(t.ID()) {
			head.objects = append(head.objects, t.OldObject)
		}
	}
	return base, head
}

// before is the side of base.
func (s *session) before() side {
	base := side{s: s, objects: s.in.Base.All(), made: s.made.base}
	if s.live || !s.surrounds() {
		base.made = s.made.head // nothing else was asked for
	}
	return base
}

// homeOf is the namespace that an object is in, if it is in one.
func homeOf(o *manifest.Object) string { return cmp.Or(o.ID().Namespace, "default") }

func isQuota(o *manifest.Object) bool {
	return o.ID().Group == "" && o.ID().Kind == "ResourceQuota"
}

// limits are the quotas of a side, by namespace, of those namespaces that the
// change has objects in. Those that cannot be read, or are not there because
// the server refuses them, are left to bad.
func (d side) limits(bad func(*manifest.Object, error)) map[string][]limit {
	touched := map[string]bool{}
	for _, t := range d.s.deltas {
		if t.beside == "" {
			touched[homeOf(t.Current())] = true
		}
	}
	out := map[string][]limit{}
	for _, o := range d.objects {
		if !isQuota(o) || !touched[homeOf(o)] {
			continue
		}
		l, err := readLimit(o)
		switch {
		case err != nil:
			err = fmt.Errorf("it cannot be read: %w", err)
		case d.head && slices.ContainsFunc(d.s.deltas, func(t *trial) bool { return t.ID() == o.ID() && t.Object != nil && t.wrong() }):
			err = errors.New("the API server refuses it")
		}
		if err != nil {
			bad(o, err)
			continue
		}
		out[homeOf(o)] = append(out[homeOf(o)], l)
	}
	return out
}

// wrong reports whether the server refuses what head makes of an object by itself.
func (t *trial) wrong() bool {
	return slices.ContainsFunc(t.head.problems, func(p problem) bool { return p.rule != ruleUnknownField && p.rule != ruleImmutable })
}

// surrounds reports whether the change has anything that Pods are made by or
// checked against.
func (s *session) surrounds() bool {
	return slices.ContainsFunc(s.deltas, func(t *trial) bool { return s.rank(t.Current()) != rankOther })
}

// moves reports whether the change may have a say about how much the Pods of a
// namespace take, or may take.
func (s *session) moves(home string) bool {
	for o := range s.changed() {
		_, _, workload := template(o)
		if homeOf(o) == home && (workload || slices.Contains([]string{"Pod", "ResourceQuota", "HorizontalPodAutoscaler"}, o.ID().Kind)) {
			return true
		}
	}
	return s.surrounds()
}

// askPods finds out about the Pods of the workloads that the change leaves as they
// are, where a quota counts them and it matters: what limit ranges make of them is
// reckoned, and the server is asked where classes or policies have a say. What is
// the same on both sides is asked once.
func (s *session) askPods(ctx context.Context, head bool) {
	if !head && !s.surrounds() {
		return
	}
	base, d := s.sides()
	if !head {
		d = base
	}
	m, err := newMeter()
	if err != nil {
		return // said where they are counted
	}
	limited := map[string]bool{}
	for home, limits := range d.limits(func(*manifest.Object, error) {}) {
		if s.moves(home) && slices.ContainsFunc(limits, func(l limit) bool { return m.limitsPods(l.names()...) }) {
			limited[home] = true
		}
	}
	if len(limited) == 0 {
		return
	}
	type asked struct {
		of      *manifest.Object
		pod     map[string]any
		refused bool
	}
	var all []*asked
	reckoned := d.reckoner()
	for _, o := range d.objects {
		if _, _, ok := template(o); !ok || !limited[homeOf(o)] || s.touches(o.ID()) || encrypted(o) {
			continue
		}
		if pod := reckoned.pod(o); pod != nil {
			d.made[o.ID()] = pod
			continue
		}
		all = append(all, &asked{of: o})
	}
	atOnce(slices.Values(all), func(a *asked) {
		var err error
		a.pod, err = s.tryPod(ctx, a.of)
		a.refused = problemsOf(err).barred()
	})
	for _, a := range all {
		if a.pod != nil || a.refused {
			d.made[a.of.ID()] = a.pod
		}
	}
}

// answer is the Pod of a workload, or a Pod itself, as the server has it with
// all that admission adds; nil where it did not say.
func (d side) answer(o *manifest.Object) map[string]any {
	n := slices.IndexFunc(d.s.deltas, func(t *trial) bool { return t.ID() == o.ID() })
	if n < 0 {
		return d.made[o.ID()]
	}
	t := d.s.deltas[n]
	said := t.base
	if d.head && t.Operation != diff.Delete {
		said = t.head
	}
	_, _, workload := template(o)
	switch {
	case !workload:
		return said.object
	case said.made == nil && t.Object != nil && t.OldObject != nil && t.head.made != nil && sameTemplate(t.Object, t.OldObject):
		// A live cluster is not asked about base.
		return t.head.made
	}
	return said.made
}

// autoscaler is what keeps a workload between two numbers of Pods.
type autoscaler struct {
	name     string
	min, max int64
}

// autoscalers are those of a side, by the workload.
func (d side) autoscalers() map[manifest.ID]autoscaler {
	out := map[manifest.ID]autoscaler{}
	for _, o := range d.objects {
		if o.ID().Group != "autoscaling" || o.ID().Kind != "HorizontalPodAutoscaler" {
			continue
		}
		spec := o.Fields()["spec"]
		target := child(spec, "scaleTargetRef")
		apiVersion, _ := child(target, "apiVersion").(string)
		kind, _ := child(target, "kind").(string)
		name, _ := child(target, "name").(string)
		a := autoscaler{o.ID().Name, number(spec, "minReplicas", 1), number(spec, "maxReplicas", 0)}
		out[manifest.ID{Group: schema.FromAPIVersionAndKind(apiVersion, kind).Group, Kind: kind, Namespace: homeOf(o), Name: name}] = a
	}
	return out
}

func number(value any, key string, missing int64) int64 {
	if n, ok := child(value, key).(int64); ok {
		return n
	}
	return missing
}

// pods is how many Pods the controller of a workload keeps at least, and why
// there may be more.
func (d side) pods(o *manifest.Object, scalers map[manifest.ID]autoscaler) (int64, []string) {
	spec := o.Fields()["spec"]
	switch o.ID().Kind {
	case "DaemonSet":
		return 0, []string{"a Pod for each node"}
	case "CronJob":
		return 0, []string{"Pods while it runs"}
	case "Job":
		return d.jobPods(o)
	}
	n := max(number(spec, "replicas", 1), 0)
	id := o.ID()
	id.Namespace = homeOf(o)
	a, scaled := scalers[id]
	// None at all switches an autoscaler off
	// (https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation).
	if !scaled || n == 0 {
		return n, nil
	}
	if n = max(n, a.min); a.max <= n {
		return n, nil
	}
	return n, []string{fmt.Sprintf("Pods: %d, and up to %d if HorizontalPodAutoscaler %s asks for them", n, a.max, a.name)}
}

// jobPods counts the Pods of Jobs that start with the change: whether others
// have ended is not known, and hooks run while what they prepare does not.
func (d side) jobPods(o *manifest.Object) (int64, []string) {
	starts := d.head && slices.ContainsFunc(d.s.deltas, func(t *trial) bool {
		return t.ID() == o.ID() && (t.Operation == diff.Create || t.replaced)
	})
	spec := o.Fields()["spec"]
	switch {
	case child(spec, "suspend") == true:
		return 0, []string{"Pods once it is resumed"}
	case d.s.client.applier.hook(o, o) || !starts:
		return 0, []string{"Pods while it runs"}
	}
	n := number(spec, "parallelism", 1)
	return max(0, min(n, number(spec, "completions", n))), nil
}
