package dryrun

import (
	"fmt"
	"slices"

	"github.com/penstock-dev/penstock/internal/manifest"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/apis/core"
	apiscorev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/plugin/pkg/admission/limitranger"
)

// reckoner makes of pod templates what an embedded server makes of them, as far as
// a quota counts it, by the defaults and the limit ranges of Kubernetes itself: a
// thousand questions would take seconds. Where something else has a say, it does
// not, and the server is asked.
type reckoner struct {
	// off says that something may change any Pod, or refuse it.
	off bool
	// refusing are the namespaces that may refuse a Pod for what it is.
	refusing map[string]bool
	// ranges are the limits of the Pods of a namespace; nil stands for limits that are
	// not known for sure.
	ranges map[string]*corev1.LimitRange
}

func (d side) reckoner() reckoner {
	r := reckoner{off: d.s.live || d.barring(), refusing: map[string]bool{}, ranges: map[string]*corev1.LimitRange{}}
	for _, set := range []*manifest.Set{d.s.in.Base, d.s.in.Head} {
		for _, o := range set.All() {
			// Whatever its version and its conditions are.
			r.off = r.off || isPolicy(o) && o.ID().Kind == "MutatingAdmissionPolicy"
		}
	}
	for _, o := range d.objects {
		switch o.ID().Kind {
		case "PriorityClass":
			// It may put all Pods into a scope.
			r.off = r.off || o.Fields()["globalDefault"] == true
		case "Namespace":
			// https://kubernetes.io/docs/concepts/security/pod-security-admission/
			level := o.Labels()["pod-security.kubernetes.io/enforce"]
			r.refusing[o.ID().Name] = r.refusing[o.ID().Name] || o.ID().Group == "" && level != "" && level != "privileged"
		case "LimitRange":
			if o.ID().Group != "" {
				continue
			}
			home := homeOf(o)
			_, several := r.ranges[home]
			if r.ranges[home] = nil; !several && d.holds(o) {
				r.ranges[home] = readRange(o)
			}
			r.refusing[home] = r.refusing[home] || bounding(r.ranges[home])
		}
	}
	return r
}

// holds reports whether nothing speaks against that an object of the side is in
// force.
func (d side) holds(o *manifest.Object) bool {
	t := d.s.trialOf(o)
	said := t.base
	if d.head {
		said = t.head
	}
	return !encrypted(o) && t.fault == nil && !t.unapplied && said.problems == nil
}

// bounding reports whether limits may refuse a Pod, beside what they add to it
// (https://kubernetes.io/docs/concepts/policy/limit-range/).
func bounding(limits *corev1.LimitRange) bool {
	return limits != nil && slices.ContainsFunc(limits.Spec.Limits, func(l corev1.LimitRangeItem) bool {
		return l.Type != corev1.LimitTypePersistentVolumeClaim && len(l.Max)+len(l.Min)+len(l.MaxLimitRequestRatio) > 0
	})
}

// readRange reads limits as a server has them; nil where it refuses them, or may,
// and where the code of Kubernetes breaks off on them.
func readRange(o *manifest.Object) (limits *corev1.LimitRange) {
	defer func() {
		if recover() != nil {
			limits = nil
		}
	}()
	l, err := decoded(o.Fields(), &corev1.LimitRange{})
	if err != nil {
		return nil
	}
	apiscorev1.SetObjectDefaults_LimitRange(l)
	var inner core.LimitRange
	if apiscorev1.Convert_v1_LimitRange_To_core_LimitRange(l, &inner, nil) != nil {
		return nil
	}
	inner.Namespace = homeOf(o)
	if len(validation.ValidateLimitRange(&inner)) > 0 {
		return nil
	}
	return l
}

// pod is the Pod of a workload; nil where the server has to say, be it because the
// code of Kubernetes breaks off here. What is left out of it is what no quota counts.
func (r reckoner) pod(o *manifest.Object) (pod map[string]any) {
	defer func() {
		if recover() != nil {
			pod = nil
		}
	}()
	t, _, ok := template(o)
	limits, limited := r.ranges[homeOf(o)]
	if r.off || !ok || r.refusing[homeOf(o)] || limited && limits == nil {
		return nil
	}
	spec, _ := t["spec"].(map[string]any)
	// Classes of the runtime add to what a Pod takes, devices are claimed apart, and
	// not all versions know resources of whole Pods.
	for _, key := range []string{"runtimeClassName", "overhead", "resources", "resourceClaims"} {
		if spec[key] != nil {
			return nil
		}
	}
	given, err := decoded(podOf(o, t), &corev1.Pod{})
	if err != nil {
		return nil
	}
	made, err := limitedPod(given, limits)
	if err != nil {
		return nil
	}
	return made
}

// limitedPod is a Pod with the defaults of its kind and those of limits, if there are
// any.
func limitedPod(pod *corev1.Pod, limits *corev1.LimitRange) (map[string]any, error) {
	apiscorev1.SetObjectDefaults_Pod(pod)
	if limits != nil {
		var inner core.Pod
		if err := apiscorev1.Convert_v1_Pod_To_core_Pod(pod, &inner, nil); err != nil {
			return nil, fmt.Errorf("reading a Pod: %w", err)
		}
		if err := limitranger.PodMutateLimitFunc(limits, &inner); err != nil {
			return nil, fmt.Errorf("limiting a Pod: %w", err)
		}
		pod = &corev1.Pod{}
		if err := apiscorev1.Convert_core_Pod_To_v1_Pod(&inner, pod, nil); err != nil {
			return nil, fmt.Errorf("reading a Pod: %w", err)
		}
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
}
