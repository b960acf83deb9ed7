package policies

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// subjectView is an object as constraints see it: the one under review, or one
// that a controller would make of it.
type subjectView struct {
	of     view
	object *manifest.Object
	// old is the object that it replaces, or nil.
	old       *manifest.Object
	generated *gatekeeper.Generated
	namespace string
	operation diff.Operation

	// What follows is made when the first constraint applies.
	doc, before *document
	review      *ast.Term
}

// constrain runs the constraints that apply to a view, and to what would be made
// of its object. Gatekeeper is not asked about deletions.
func (w *worker) constrain(ctx context.Context, v view, only func(int) bool, j *judgement) {
	if len(w.ev.constraints) == 0 || v.asked == diff.Delete {
		return
	}
	subjects, err := w.subjects(v)
	if err != nil {
		first := w.ev.constraints[0]
		j.faults = append(j.faults, fault{first, w.hide(first, v, err.Error())})
	}
	for _, s := range subjects {
		for _, i := range w.ev.constraints {
			if only == nil || only(i) {
				w.constraint(ctx, i, s, j)
			}
		}
	}
}

// subjects are the object of a view and what it expands to.
func (w *worker) subjects(v view) ([]*subjectView, error) {
	namespace := effectiveNamespace(v.object.ID())
	own := &subjectView{of: v, object: v.object, old: v.old, namespace: namespace, operation: v.asked}
	if v.asked == diff.Update && v.old == nil {
		own.old = v.object // base, which is compared with an update of it
	}
	out := []*subjectView{own}
	generated, err := w.ev.expander.Expand(v.object.Fields(), namespace)
	for i := range generated {
		o, err := manifest.NewObject(manifest.Document{Fields: generated[i].Fields})
		if err != nil {
			return out, fmt.Errorf("expanding %s: %w", v.object.ID(), err)
		}
		s := &subjectView{of: v, object: o, generated: &generated[i], namespace: namespace}
		if v.asked != "" {
			s.operation = diff.Create // controllers make new objects of an updated template
		}
		out = append(out, s)
	}
	return out, err
}

// effectiveNamespace is where an object would be. Objects of built-in kinds that
// name no namespace are put into the default one.
func effectiveNamespace(id manifest.ID) string {
	if id.Namespace != "" || !namespacedKind(id.Group, id.Kind) {
		return id.Namespace
	}
	return "default"
}

// namespacedKind knows the built-in kinds. Of others it takes the manifest's word.
func namespacedKind(group, kind string) bool {
	cluster := map[string][]string{
		"":                          {"Namespace", "Node", "PersistentVolume", "ComponentStatus"},
		"apps":                      nil,
		"batch":                     nil,
		"autoscaling":               nil,
		"policy":                    {"PodSecurityPolicy"},
		"networking.k8s.io":         {"IngressClass", "IPAddress", "ServiceCIDR"},
		"rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding"},
		"coordination.k8s.io":       nil,
		"discovery.k8s.io":          nil,
	}
	kinds, known := cluster[group]
	return known && !slices.Contains(kinds, kind)
}

func (s *subjectView) subject(fields map[string]any, labels *manifest.Object) gatekeeper.Subject {
	out := gatekeeper.Subject{Fields: fields, Namespace: s.namespace, Generated: s.generated != nil}
	if labels != nil {
		out.Labels, out.Known = labels.Labels(), true
	}
	return out
}

// constraint runs one constraint on one object, if it applies. It applies to an
// update when it applies to the object before or after.
func (w *worker) constraint(ctx context.Context, i int, s *subjectView, j *judgement) {
	c := w.ev.rules[i].constraint
	namespace := s.of.world.namespaces[s.namespace]
	applies := c.Applies(s.subject(s.object.Fields(), namespace))
	if s.old != nil && s.old != s.object && applies != gatekeeper.Yes {
		if before := c.Applies(s.subject(s.old.Fields(), namespace)); before == gatekeeper.Yes || applies == gatekeeper.No {
			applies = before
		}
	}
	unknown := c.namespace && s.namespace != "" && namespace == nil
	switch {
	case applies == gatekeeper.No:
		return
	case applies == gatekeeper.Unknown || unknown:
		if s.of.world == w.ev.head {
			w.ev.unknown.add(s.namespace, i)
		}
		return
	}
	j.rules = append(slices.Clip(j.rules), i) // the list is shared by objects of the kind
	if s.review == nil {
		w.document(s, namespace)
	}
	input := ast.NewObject(pair("review", s.review), pair("parameters", c.parameters))
	t, err := w.run(ctx, i, s.of.world.templates, input, topdown.NewVirtualCache())
	if err == nil && t != nil {
		var found []located
		found, err = w.violations(i, t, s)
		j.findings = append(j.findings, found...)
	}
	if err != nil {
		j.faults = append(j.faults, fault{i, w.hide(i, s.of, fmt.Sprintf("%s: %s", w.ev.rules[i], err))})
	}
}

// document makes the review that constraints see
// (https://open-policy-agent.github.io/gatekeeper/website/docs/input). Nobody
// knows yet who will ask, so that userInfo is not there.
func (w *worker) document(s *subjectView, namespace *manifest.Object) {
	s.doc = newDocument(s.object, headMark, w.keys)
	old := ast.NullTerm()
	if s.old != nil {
		s.before = newDocument(s.old, oldMark, w.keys)
		old = s.before.term
	}
	id := s.object.ID()
	pairs := [][2]*ast.Term{
		pair("uid", ast.StringTerm("")),
		pair("kind", kindTerm(s.object)),
		pair("name", ast.StringTerm(id.Name)),
		pair("operation", ast.StringTerm(string(s.operation))),
		pair("object", s.doc.term),
		pair("oldObject", old),
	}
	if s.namespace != "" {
		pairs = append(pairs, pair("namespace", ast.StringTerm(s.namespace)))
	}
	switch {
	case namespace != nil:
		pairs = append(pairs, pair("namespaceObject", newDocument(namespace, "", w.keys).term))
	case s.namespace == "":
		pairs = append(pairs, pair("namespaceObject", ast.NullTerm()))
	}
	s.review = ast.ObjectTerm(pairs...)
}

// unknownNamespaces counts the objects that constraints did not judge because
// labels of their namespace are not known.
type unknownNamespaces struct {
	mu     sync.Mutex
	counts map[string]map[int]int
}

func (u *unknownNamespaces) add(namespace string, rule int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.counts == nil {
		u.counts = map[string]map[int]int{}
	}
	if u.counts[namespace] == nil {
		u.counts[namespace] = map[int]int{}
	}
	u.counts[namespace][rule]++
}

// entries list, for each namespace, the constraints that did not judge its objects.
func (ev *evaluation) unknownNamespaces() []verdict.Entry {
	var out []verdict.Entry
	for _, namespace := range slices.Sorted(maps.Keys(ev.unknown.counts)) {
		var texts []string
		for _, i := range slices.Sorted(maps.Keys(ev.unknown.counts[namespace])) {
			texts = append(texts, fmt.Sprintf("%s (%d)", ev.rules[i].ID, ev.unknown.counts[namespace][i]))
		}
		out = append(out, verdict.Entry{
			Environment: ev.in.Environment.Name, Stage: verdict.StagePolicy, Reason: verdict.Unverifiable,
			Object: verdict.Object{APIVersion: "v1", Kind: "Namespace", Name: namespace},
			Detail: "the namespace is not in this environment, and its labels are not known; constraints that ask for them did not judge its objects: " + strings.Join(texts, ", "),
		})
	}
	return out
}
