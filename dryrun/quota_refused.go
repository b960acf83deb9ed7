package dryrun

import (
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	corev1 "k8s.io/api/core/v1"
	apiscorev1 "k8s.io/kubernetes/pkg/apis/core/v1"
)

// barred reports whether an admission policy or Pod Security refuses a Pod for what
// it is. Other refusals may come from what a dry-run does not have, such as a class
// that the cluster has, or from a quota itself: they say nothing of what is used.
func (p problems) barred() bool {
	return p.elsewhere() == nil && slices.ContainsFunc(p, func(one problem) bool {
		_, byPolicy := readDenial(one.msg)
		return byPolicy || strings.Contains(one.msg, "violates PodSecurity")
	})
}

// refuses reports whether the Pods of a workload are barred on a side, or a Pod
// that is new.
func (d side) refuses(o *manifest.Object) bool {
	n := slices.IndexFunc(d.s.deltas, func(t *trial) bool { return t.ID() == o.ID() })
	if n < 0 {
		pod, asked := d.made[o.ID()]
		return asked && pod == nil
	}
	t := d.s.deltas[n]
	if _, _, workload := template(o); !workload {
		return d.head && t.Operation == diff.Create && t.head.problems.barred()
	}
	if d.head && t.Operation != diff.Delete {
		return t.head.pod.barred()
	}
	return t.base.pod.barred()
}

// chargeRefused charges for a workload whose Pods are refused: none is made, and
// those that base has stay until others take their places.
func (d side) chargeRefused(sh *share) {
	c := charge{resource: corev1.Resource("pods"), item: &corev1.Pod{}, unknown: []string{"its Pods are refused, so that it has none"}}
	sh.pods = 0
	base, old := d.s.before(), d.s.in.Base.Get(sh.of.ID())
	if d.head && old != nil && !base.refuses(old) {
		t, _, _ := template(old)
		var more []string
		sh.pods, more = base.pods(old, base.autoscalers())
		c = base.podsOf(old, t, sh.pods, more)
		c.unknown = append([]string{"its Pods are refused, so that those of base stay"}, c.unknown...)
	}
	sh.charges = append(sh.charges, c)
}

// podsOf is the charge for some Pods of a workload, as a server answered them.
func (d side) podsOf(o *manifest.Object, template map[string]any, times int64, more []string) charge {
	fields := d.answer(o)
	if fields == nil {
		fields = podOf(o, template)
		more = append(more, "counted as it is written: no server said what it makes of the Pods")
	}
	pod, err := decoded(fields, &corev1.Pod{})
	if err != nil {
		more = append(more, "its pod template cannot be read: "+err.Error())
	}
	apiscorev1.SetObjectDefaults_Pod(pod)
	return charge{corev1.Resource("pods"), pod, times, more}
}

// asksForPods reports whether a quota counts Pods that the change does not have,
// so that what has a say about Pods is needed.
func (s *session) asksForPods() bool {
	for _, set := range []*manifest.Set{s.in.Base, s.in.Head} {
		if slices.ContainsFunc(set.All(), func(o *manifest.Object) bool { return isQuota(o) && s.moves(homeOf(o)) }) {
			return true
		}
	}
	return false
}

// barring reports whether a policy of a side may refuse Pods.
func (d side) barring() bool {
	return slices.ContainsFunc(d.objects, func(b *manifest.Object) bool {
		if b.ID().Kind != "ValidatingAdmissionPolicyBinding" || !isBinding(b) || !d.s.policies.needed[b.ID()] {
			return false
		}
		actions, _ := child(b.Fields()["spec"], "validationActions").([]any)
		return slices.Contains(actions, any("Deny")) && slices.ContainsFunc(d.objects, func(p *manifest.Object) bool {
			return p.ID() == policyOf(b) && matching(p, map[string]bool{"pods": true})
		})
	})
}
