package dryrun

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	quota "k8s.io/apiserver/pkg/quota/v1"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	"k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
)

// meter says what objects take of a quota, by the evaluators of Kubernetes. The
// server's own count is kept by a controller, and a dry-run takes nothing of it.
type meter struct {
	evaluators map[schema.GroupResource]quota.Evaluator
}

// newMeter leaves out what claims of devices take: that hangs on the classes of
// devices that a cluster has.
func newMeter() (meter, error) {
	claims := resourcev1.SchemeGroupVersion.WithResource("resourceclaims")
	all, err := core.NewEvaluators(nil, nil, func(r schema.GroupVersionResource) bool { return r != claims })
	if err != nil {
		return meter{}, fmt.Errorf("setting up the evaluators of quotas: %w", err)
	}
	m := meter{map[schema.GroupResource]quota.Evaluator{}}
	for _, e := range all {
		m.evaluators[e.GroupResource()] = e
	}
	return m, nil
}

// of is the evaluator of a resource; kinds without one of their own are counted.
func (m meter) of(r schema.GroupResource) quota.Evaluator {
	if e := m.evaluators[r]; e != nil {
		return e
	}
	return generic.NewObjectCountEvaluator(r, nil, "")
}

// limit is a quota as it is rendered.
type limit struct {
	object *manifest.Object
	*corev1.ResourceQuota
}

// readLimit reads a quota. What it allows is in force as soon as its controller
// has seen it.
func readLimit(o *manifest.Object) (limit, error) {
	q, err := decoded(o.Fields(), &corev1.ResourceQuota{})
	q.Status.Hard = q.Spec.Hard
	return limit{o, q}, err
}

// charge is one thing that takes of quotas, as often as it is there.
type charge struct {
	resource schema.GroupResource
	item     runtime.Object
	times    int64
	// unknown are reasons for which it may be more.
	unknown []string
}

// share is what one rendered object takes, and what its controller makes of it.
type share struct {
	// of is nil for what every namespace has without being rendered.
	of   *manifest.Object
	name string
	// pods is how many Pods it has.
	pods    int64
	charges []charge
}

// part is what a share takes of one quota.
type part struct {
	share
	takes corev1.ResourceList
}

// usage is what is taken of a quota, and by whom.
type usage struct {
	used  corev1.ResourceList
	parts []part
	// unknown is what may take more, and why.
	unknown []string
}

// measure is what shares take of a quota, of all that it limits.
func (m meter) measure(l limit, shares []share) (usage, error) {
	hard := quota.ResourceNames(l.Status.Hard)
	u := usage{used: none(hard)}
	for _, s := range shares {
		takes := corev1.ResourceList{}
		var unknown []string
		for _, c := range s.charges {
			e := m.of(c.resource)
			matches, err := e.Matches(l.ResourceQuota, c.item)
			if err != nil {
				return u, fmt.Errorf("%s: %w", s.name, err)
			}
			if !matches {
				continue
			}
			for _, why := range c.unknown {
				if !slices.Contains(unknown, why) {
					unknown = append(unknown, why)
				}
			}
			one, err := e.Usage(c.item)
			if err != nil {
				return u, fmt.Errorf("%s: %w", s.name, err)
			}
			takes = quota.Add(takes, times(quota.Mask(one, hard), c.times))
		}
		if takes = quota.RemoveZeros(takes); len(takes) > 0 {
			u.used = quota.Add(u.used, takes)
			u.parts = append(u.parts, part{s, takes})
		}
		if unknown != nil {
			u.unknown = append(u.unknown, s.name+" ("+strings.Join(unknown, "; ")+")")
		}
	}
	return u, nil
}

func none(names []corev1.ResourceName) corev1.ResourceList {
	out := corev1.ResourceList{}
	for _, n := range names {
		out[n] = resource.Quantity{Format: resource.DecimalSI}
	}
	return out
}

func times(list corev1.ResourceList, n int64) corev1.ResourceList {
	out := corev1.ResourceList{}
	for name, q := range list {
		q = q.DeepCopy()
		q.Mul(n)
		out[name] = q
	}
	return out
}

// over is by how much more is taken of a resource than the quota allows; it is
// not positive where that is not so.
func (l limit) over(u usage, name corev1.ResourceName) resource.Quantity {
	more := u.used[name].DeepCopy()
	more.Sub(l.Spec.Hard[name])
	return more
}

// exceeded are the resources of which more is taken than the quota allows, sorted.
func (l limit) exceeded(u usage) []corev1.ResourceName {
	_, names := quota.LessThanOrEqual(u.used, l.Spec.Hard)
	slices.Sort(names)
	return names
}

// demand is what a quota wants of a Pod and the Pod does not say; it is empty
// where there is nothing of that kind.
func (m meter) demand(l limit, pod *corev1.Pod) (string, error) {
	e := m.of(corev1.Resource("pods"))
	matches, err := e.Matches(l.ResourceQuota, pod)
	if err != nil || !matches {
		return "", err
	}
	if err := e.Constraints(e.MatchingResources(quota.ResourceNames(l.Status.Hard)), pod); err != nil {
		return fmt.Sprintf("failed quota: %s: %v", l.Name, err), nil
	}
	return "", nil
}

// excess is what of a quota is not enough for one Pod; it is empty where there is
// nothing of that kind.
func (m meter) excess(l limit, pod *corev1.Pod) string {
	u, err := m.measure(l, []share{{charges: []charge{{resource: corev1.Resource("pods"), item: pod, times: 1}}}})
	names := l.exceeded(u)
	if err != nil || len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("exceeded quota: %s, requested: %s, limited: %s; by each Pod of it", l.Name, spell(quota.Mask(u.used, names)), spell(quota.Mask(l.Spec.Hard, names)))
}

// spell is a list of quantities as a server writes it.
func spell(list corev1.ResourceList) string {
	var out []string
	for name, q := range list {
		out = append(out, fmt.Sprintf("%s=%s", name, q.String()))
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

// limitsPods and limitsClaims report whether Pods or claims take anything of a
// resource, or of any that a quota limits.
func (m meter) limitsPods(names ...corev1.ResourceName) bool {
	return len(m.of(corev1.Resource("pods")).MatchingResources(names)) > 0
}

func (m meter) limitsClaims(names ...corev1.ResourceName) bool {
	return len(m.of(corev1.Resource("persistentvolumeclaims")).MatchingResources(names)) > 0
}

// largest is how many of those that take of a resource are named, and of those
// that may take more.
const largest = 5

// takers are those that take of a resource, the largest first.
func (u usage) takers(name corev1.ResourceName) string {
	var by []part
	for _, p := range u.parts {
		if q := p.takes[name]; q.Sign() > 0 {
			by = append(by, p)
		}
	}
	slices.SortStableFunc(by, func(a, b part) int {
		qa, qb := a.takes[name], b.takes[name]
		return cmp.Or(qb.Cmp(qa), cmp.Compare(a.name, b.name))
	})
	var out []string
	for n, p := range by {
		if n == largest {
			out = append(out, fmt.Sprintf("and %d more", len(by)-n))
			break
		}
		q := p.takes[name]
		text := p.name + " " + q.String()
		if p.pods > 0 {
			text += fmt.Sprintf(" (Pods: %d)", p.pods)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// decoded is an object as one of a type of Kubernetes.
func decoded[T any](fields map[string]any, into *T) (*T, error) {
	data, err := json.Marshal(fields)
	if err != nil {
		return into, err
	}
	return into, json.Unmarshal(data, into)
}
