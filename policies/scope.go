package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// scope is what a rule looks at at once.
type scope string

const (
	// scopeObject: each object by itself. It is what a rule has that names none.
	scopeObject scope = ""
	// scopeEnvironment: all objects of an environment, as input.objects, and what
	// the change does to them, as input.review.changes.
	scopeEnvironment scope = "environment"
	// scopeCombine: all objects of an environment in the layout of conftest's
	// --combine, an array of {path, contents}
	// (https://www.conftest.dev/options/#-combine).
	scopeCombine scope = "combine"
	// scopeFleet: the objects of all environments, as input.environments[name].objects.
	scopeFleet scope = "fleet"
)

func parseScope(text string, fallback scope) (scope, error) {
	switch s := scope(text); s {
	case "":
		return fallback, nil
	case "object":
		return scopeObject, nil
	case scopeEnvironment, scopeCombine, scopeFleet:
		return s, nil
	}
	return "", fmt.Errorf("%q is not known", text)
}

// part takes the rules of one scope, and leaves the others.
func part(rules []setting, is func(scope) bool) []setting {
	return slices.DeleteFunc(slices.Clone(rules), func(s setting) bool { return !is(s.scope) })
}

// member is one environment as rules see it that look at more than one object.
type member struct {
	environment config.Environment
	set         *manifest.Set
	deltas      []diff.Delta
}

// scene is what such rules see at base or at head: the documents of all objects,
// by the mark in the locations of their terms.
type scene struct {
	world *world
	// fleet says that the members are all environments, and not one of them.
	fleet     bool
	members   []member
	documents map[string]*document
	// owner is the environment of a document.
	owner map[*document]string
	// objects and changes are by member.
	objects [][]*document
	changes []*ast.Term
}

// newScene makes the documents. Old objects of changes are known by their marks,
// too: a rule may show what is gone.
func newScene(w *world, fleet bool, members []member, keys map[string]*ast.Term) *scene {
	s := &scene{world: w, fleet: fleet, members: members, documents: map[string]*document{}, owner: map[*document]string{}}
	add := func(o *manifest.Object, env string) *document {
		mark := headMark + strconv.Itoa(len(s.documents))
		d := newDocument(o, mark, keys)
		s.documents[mark], s.owner[d] = d, env
		return d
	}
	for _, m := range members {
		byID := map[manifest.ID]*document{}
		var all []*document
		for _, o := range m.set.All() {
			d := add(o, m.environment.Name)
			byID[o.ID()] = d
			all = append(all, d)
		}
		s.objects = append(s.objects, all)
		var changes []*ast.Term
		for _, delta := range m.deltas {
			object, old := ast.NullTerm(), ast.NullTerm()
			if delta.Object != nil {
				object = byID[delta.Object.ID()].term
			}
			if delta.OldObject != nil {
				old = add(delta.OldObject, m.environment.Name).term
			}
			changes = append(changes, ast.ObjectTerm(pair("operation", ast.StringTerm(string(delta.Operation))), pair("object", object), pair("oldObject", old)))
		}
		s.changes = append(s.changes, ast.ArrayTerm(changes...))
	}
	return s
}

// input is the document that a rule sees.
func (s *scene) input(r rule, parameters *ast.Term) ast.Value {
	switch r.scope {
	case scopeCombine:
		var files []*ast.Term
		for _, d := range s.objects[0] {
			files = append(files, ast.ObjectTerm(pair("path", ast.StringTerm(d.object.Origin().Position.File)), pair("contents", d.term)))
		}
		return ast.NewArray(files...)
	case scopeEnvironment:
		review := ast.ObjectTerm(pair("environment", environmentTerm(s.members[0].environment)), pair("parameters", parameters), pair("changes", s.changes[0]))
		return ast.NewObject(pair("objects", ast.ArrayTerm(terms(s.objects[0])...)), pair("review", review))
	}
	environments := ast.NewObject()
	for i, m := range s.members {
		if !r.match.environment(m.environment) {
			continue
		}
		value := environmentTerm(m.environment).Value.(ast.Object)
		value.Insert(ast.StringTerm("objects"), ast.ArrayTerm(terms(s.objects[i])...))
		environments.Insert(ast.StringTerm(m.environment.Name), ast.NewTerm(value))
	}
	return ast.NewObject(pair("environments", ast.NewTerm(environments)), pair("review", ast.ObjectTerm(pair("parameters", parameters))))
}

func terms(documents []*document) []*ast.Term {
	out := make([]*ast.Term, len(documents))
	for i, d := range documents {
		out[i] = d.term
	}
	return out
}

// look runs the rule at an index on a scene.
func (w *worker) look(ctx context.Context, i int, s *scene) ([]located, error) {
	r := w.ev.rules[i]
	in := reader{nil, s.find, s.environmentOf, w.ev.secrets.Replace}
	input := s.input(r.rule, w.ev.parameters[i])
	t, err := w.run(ctx, i, s.world, input, topdown.NewVirtualCache())
	var found []located
	if soft, ok := errors.AsType[partial](err); ok {
		found, err = append(found, w.unsure(i, soft, in)), nil
	}
	if err != nil || t == nil {
		return found, err
	}
	read, err := w.read(i, t, in)
	return append(found, w.excepted(ctx, i, s.world, input, read)...), err
}

// find is the document that a term is part of, and its place there.
func (s *scene) find(t *ast.Term) (*document, string, bool) {
	if t == nil || t.Location == nil {
		return nil, "", false
	}
	d := s.documents[t.Location.File]
	if d == nil {
		return nil, "", false
	}
	p, ok := d.pointer(t)
	return d, p, ok
}

// environmentOf is the environment of a violation: that of the object that it
// shows, the only one there is, or the one that it names.
func (s *scene) environmentOf(d *document, violation ast.Object) (string, error) {
	if d != nil {
		return s.owner[d], nil
	}
	if len(s.members) == 1 && !s.fleet {
		return s.members[0].environment.Name, nil
	}
	name := ""
	if violation != nil {
		name, _ = field(violation, "environment")
	}
	if !slices.ContainsFunc(s.members, func(m member) bool { return m.environment.Name == name }) {
		return "", errors.New("it gave a violation that shows no object, and names no environment; add `environment`, or part of an object as `at`")
	}
	return name, nil
}

// together evaluates rules that look at more than one object, and adds to the
// result. Such rules may print any of the objects.
func (e *Engine) together(ctx context.Context, in Input, rules []setting, fleet bool, head, base []member, entry verdict.Entry, all *Result) error {
	ev, err := e.prepare(ctx, in, rules)
	if err != nil {
		return err
	}
	defer ev.close(ctx)
	defer context.AfterFunc(ctx, func() { ev.stopped.Store(true) })()
	var objects []*manifest.Object
	for _, m := range slices.Concat(head, base) {
		objects = append(objects, m.set.All()...)
	}
	ev.secrets = redact.New(6, objects...)
	found := ev.whole(ctx, fleet, head, base, entry)
	all.Findings = append(all.Findings, found.Findings...)
	all.Entries = append(all.Entries, found.Entries...)
	all.Coverage = append(all.Coverage, found.Coverage...)
	slices.SortFunc(all.Coverage, func(a, b verdict.Coverage) int { return cmp.Compare(a.Rule, b.Rule) })
	return ctx.Err()
}

// whole evaluates the rules of an evaluation, which look at more than one
// object, at head and at base. There is one entry for all of them.
func (ev *evaluation) whole(ctx context.Context, fleet bool, head, base []member, entry verdict.Entry) Result {
	w := newWorker(ev)
	defer ev.watch(ctx, w)()
	scenes := [2]*scene{newScene(ev.head, fleet, head, w.keys), newScene(ev.base, fleet, base, w.keys)}
	var at, had judgement
	for i := range ev.rules {
		at.rules = append(at.rules, i)
		for n, j := range []*judgement{&at, &had} {
			found, err := w.look(ctx, i, scenes[n])
			j.findings = append(j.findings, found...)
			if err != nil {
				text := brief(w.ev.secrets.Replace(fmt.Sprintf("%s: %s", ev.rules[i], err)))
				j.faults = append(j.faults, fault{i, text})
			}
		}
	}
	w.tally.object("", at.rules, at)
	if len(at.faults) > 0 {
		entry.Reason, entry.Detail = verdict.Failed, faultTexts(at.faults)
	}
	out := Result{Findings: baseline(at, had, ""), Entries: []verdict.Entry{entry}}
	out.Coverage, _ = total([]*tally{w.tally})
	return out
}
