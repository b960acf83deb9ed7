package policies

import (
	"context"
	"errors"
	"fmt"

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
	// namespace is where the object would be; unscoped says that this is not known.
	namespace string
	unscoped  bool
	operation diff.Operation

	// What follows is made when the first constraint applies.
	doc, before *document
	review      *ast.Term
	// caches hold what the rules of a template give that does not depend on the
	// parameters of a constraint.
	caches map[*template]topdown.VirtualCache
	// containers are those of the object, and places the lines that were asked for.
	containers []namedContainer
	places     map[string]verdict.Location
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
		j.faults = append(j.faults, fault{first, brief(w.hide(first, v, err.Error()))})
	}
	j.rules = append(make([]int, 0, len(j.rules)+len(subjects)*len(w.ev.constraints)), j.rules...) // the list is shared by objects of the kind
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
	namespace, known := w.ev.scopes.namespace(v.object.ID())
	own := &subjectView{of: v, object: v.object, old: v.old, namespace: namespace, unscoped: !known, operation: v.asked}
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
		s := &subjectView{of: v, object: o, generated: &generated[i], namespace: namespace, unscoped: !known}
		if v.asked != "" {
			s.operation = diff.Create // controllers make new objects of an updated template
		}
		out = append(out, s)
	}
	return out, err
}

// applies reports whether a constraint applies to a subject in a namespace. It
// applies to an update when it applies to the object before or after.
func (s *subjectView) applies(c *constraint, namespace string) gatekeeper.Answer {
	answer := c.Applies(s.subject(s.object, namespace))
	if s.old != nil && s.old != s.object && answer != gatekeeper.Yes {
		if before := c.Applies(s.subject(s.old, namespace)); before == gatekeeper.Yes || answer == gatekeeper.No {
			answer = before
		}
	}
	if answer == gatekeeper.Yes && c.namespace && namespace != "" && s.of.world.namespaces[namespace] == nil {
		return gatekeeper.Unknown
	}
	return answer
}

func (s *subjectView) subject(o *manifest.Object, namespace string) gatekeeper.Subject {
	out := gatekeeper.Subject{Fields: o.Fields(), Namespace: namespace, Generated: s.generated != nil}
	if labels := s.of.world.namespaces[namespace]; labels != nil {
		out.Labels, out.Known = labels.Labels(), true
	}
	return out
}

// gap is why a constraint that may be for a subject does not judge it, if there
// is a reason.
func (w *worker) gap(c *constraint, s *subjectView, answer gatekeeper.Answer) (gap, bool) {
	if s.unscoped && (c.namespace && answer != gatekeeper.No || answer != s.applies(c, "default")) {
		return unscoped(s.of.object), true
	}
	process := gatekeeper.ProcessWebhook
	if s.of.asked == "" {
		process = gatekeeper.ProcessAudit
	}
	if namespace, exempted := w.ev.config.Exempts(process, s.subject(s.object, s.namespace)); exempted && answer != gatekeeper.No {
		at := w.ev.config.Object.Locate("/spec/match")
		return exempt(namespace, string(process), "the Config of "+place(at.File, at.Line)), true
	}
	return unlabelled(s.namespace), answer == gatekeeper.Unknown
}

// constraint runs one constraint on one object, if it applies.
func (w *worker) constraint(ctx context.Context, i int, s *subjectView, j *judgement) {
	c := w.ev.rules[i].constraint
	answer := s.applies(c, s.namespace)
	if g, there := w.gap(c, s, answer); there {
		if !s.of.before {
			w.ev.unjudged.add(g, i)
		}
		return
	}
	if answer == gatekeeper.No {
		return
	}
	j.rules = append(j.rules, i)
	if s.review == nil {
		w.document(s, s.of.world.namespaces[s.namespace])
	}
	input := ast.NewObject(pair("review", s.review), pair("parameters", c.parameters))
	t, err := w.run(ctx, i, s.of.world.templates, input, s.cache(c, w.ev.rules[i].reads.private))
	if w.spoiled {
		delete(s.caches, c.template)
	}
	if soft, ok := errors.AsType[partial](err); ok {
		j.findings, err = append(j.findings, w.unsureConstraint(i, soft, s)), nil
	}
	if err == nil && t != nil {
		var found []located
		found, err = w.violations(i, t, s)
		j.findings = append(j.findings, found...)
	}
	if err != nil {
		j.faults = append(j.faults, fault{i, brief(w.hide(i, s.of, fmt.Sprintf("%s: %s", w.ev.rules[i], err)))})
	}
}

// cache is that of a constraint: what does not depend on its parameters is shared
// with the other constraints of its template.
func (s *subjectView) cache(c *constraint, private []ast.Ref) topdown.VirtualCache {
	shared := s.caches[c.template]
	if shared == nil {
		shared = topdown.NewVirtualCache()
		s.caches[c.template] = shared
	}
	return layers{shared, topdown.NewVirtualCache(), private}
}

// locate is where a value of the object under review is written, or nil.
func (s *subjectView) locate(pointer string) *verdict.Location {
	found, known := s.places[pointer]
	if !known {
		if at := locate(s.of.object, pointer); at != nil {
			found = *at
		}
		s.places[pointer] = found
	}
	if found.File == "" {
		return nil
	}
	return &found
}

// unsureConstraint is a finding that says which built-in function failed in a
// constraint, at the object that it judges or that its subject is made of.
func (w *worker) unsureConstraint(i int, fault partial, s *subjectView) located {
	hide := func(text string) string { return w.hide(i, s.of, text) }
	out := w.unsure(i, fault, w.reading(s.doc, s.before, hide))
	out.Object, out.Location = nameOf(s.of.object), locate(s.of.object, "")
	out.Message = s.prefix() + out.Message
	out.key += "\x00" + s.prefix()
	return out
}

// document makes the review that constraints see
// (https://open-policy-agent.github.io/gatekeeper/website/docs/input). Nobody
// knows yet who will ask, so that userInfo is not there.
func (w *worker) document(s *subjectView, namespace *manifest.Object) {
	s.caches, s.places = map[*template]topdown.VirtualCache{}, map[string]verdict.Location{}
	s.containers = containersOf(s.object.Fields(), "")
	s.doc = newDocument(placed(s.object, s.namespace), headMark, w.keys)
	old := ast.NullTerm()
	if s.old != nil {
		s.before = newDocument(placed(s.old, s.namespace), oldMark, w.keys)
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
