package policies

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// reader turns what a rule gives into findings.
type reader struct {
	// doc is the object under review; it is nil for a rule that looks at many.
	doc *document
	// find is the document that a term is part of, and its place there.
	find func(*ast.Term) (*document, string, bool)
	// owner is the environment of a violation, which is nil if it is a string,
	// and of the document that it shows, which may be nil.
	owner func(*document, ast.Object) (string, error)
	// hide replaces values of Secrets in a text.
	hide func(string) string
}

// reading reads what a rule says of one object. The terms of the object that it
// replaces stand for the same places.
func (w *worker) reading(doc, old *document, hide func(string) string) reader {
	find := func(t *ast.Term) (*document, string, bool) {
		p, ok := doc.pointer(t)
		if !ok && old != nil {
			p, ok = old.pointer(t)
		}
		return doc, p, ok
	}
	owner := func(*document, ast.Object) (string, error) { return w.ev.in.Environment.Name, nil }
	return reader{doc, find, owner, hide}
}

// read turns what a rule gives into findings: a set or list of strings, or of
// objects with msg. Anything else is an error: taking it for "no violation"
// would let pass what the author meant to refuse.
func (w *worker) read(i int, t *ast.Term, in reader) ([]located, error) {
	var items []*ast.Term
	collect := func(item *ast.Term) { items = append(items, item) }
	switch v := t.Value.(type) {
	case ast.Set:
		v.Foreach(collect) // in order, as sets keep it
	case *ast.Array:
		v.Foreach(collect)
	default:
		return nil, fmt.Errorf("it gave a %s; write `deny contains msg if …`", ast.ValueName(t.Value))
	}
	r := w.ev.rules[i]
	findings := make([]located, 0, len(items))
	var faults []error
	for _, item := range items {
		f, d, err := in.finding(item)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		f.Rule, f.Stage = r.ID, verdict.StagePolicy
		_, overridden := w.ev.in.Environment.Severities[r.ID]
		if f.Level == "" || overridden {
			f.Level = r.Level
		}
		if f.Level == verdict.Error && !overridden && w.ev.in.Now.Before(r.effective) {
			f.Level, f.EffectiveOn = verdict.Warning, r.effective.Format(verdict.Date)
		}
		f.Remediation = brief(in.hide(cmp.Or(f.Remediation, r.Remediation)))
		f.Message = in.hide(f.Message)
		f.Container = in.hide(f.Container)
		findings = append(findings, located{f, i, r.ref + "\x00" + in.key(f, d)})
	}
	findings, err := w.afford(i, findings)
	return findings, errors.Join(append(faults, err)...)
}

// key identifies a finding among those of its rule: within the object under
// review, or anywhere for a rule that looks at many.
func (in reader) key(f verdict.Finding, d *document) string {
	where, of := f.Path, ""
	if d != nil {
		where = stable(d.object, f.Path)
	}
	if in.doc == nil {
		of = f.Environment + "\x00"
		if d != nil {
			of += d.object.ID().String() + "\x00"
		}
	}
	return of + cmp.Or(f.Container, where) + "\x00" + verdict.Normalise(f.Message)
}

// finding reads one violation, and finds the document that it is about.
func (in reader) finding(t *ast.Term) (f verdict.Finding, d *document, err error) {
	object, isObject := t.Value.(ast.Object)
	if s, ok := t.Value.(ast.String); ok {
		f.Message, d = string(s), in.doc
		if d != nil {
			f.Location = locate(d.object, "")
		}
	} else if !isObject {
		return f, nil, fmt.Errorf("it gave a %s as a violation; give a string, or an object with msg", ast.ValueName(t.Value))
	} else if d, err = in.describe(object, &f); err != nil {
		return f, nil, err
	}
	if d != nil {
		f.Object = nameOf(d.object)
	}
	f.Environment, err = in.owner(d, object)
	return f, d, err
}

// describe reads a violation that is an object.
func (in reader) describe(object ast.Object, f *verdict.Finding) (d *document, err error) {
	msg, ok := field(object, "msg")
	if !ok {
		return nil, errors.New("it gave a violation without msg, or with one that is not a string")
	}
	f.Message = msg
	f.Container, _ = field(object, "container")
	f.Remediation, _ = field(object, "remediation")
	if severity, ok := field(object, "severity"); ok {
		if f.Level, err = level(severity, ""); err != nil {
			return nil, err
		}
	}
	return in.place(object, f), nil
}

// place finds out what a violation is about: path says it; at is it; else it is
// any other value of the object that the violation carries, or the container
// that it names. _loc of conftest names the place itself.
func (in reader) place(object ast.Object, f *verdict.Finding) *document {
	path, named := pointer(object.Get(ast.StringTerm("path")))
	d, at, known := in.find(object.Get(ast.StringTerm("at")))
	if !known && (!named || in.doc == nil) {
		d, at, known = in.carried(object)
	}
	if d == nil {
		d = in.doc
	}
	if d == nil {
		f.Path, f.Location = in.hide(path), in.conftestLocation(object)
		return nil
	}
	if !named && !known && f.Container != "" {
		at, known = containerAt(d.object.Fields(), f.Container)
	}
	f.Path = at
	if named {
		f.Path = path
	}
	f.Container = cmp.Or(f.Container, containerOf(d.object.Fields(), f.Path))
	where := f.Path
	if named && known && !strings.HasPrefix(path, at) {
		where = at // the rule shows one value, and means another
	}
	f.Location = cmp.Or(in.conftestLocation(object), locate(d.object, where))
	if named {
		f.Path = in.hide(path)
	}
	return d
}

// carried is the place of the first value that a violation carries, in the order
// of its keys. Of the object under review the whole does not count.
func (in reader) carried(object ast.Object) (d *document, at string, ok bool) {
	object.Foreach(func(key, value *ast.Term) {
		if key.Value.Compare(ast.String("msg")) == 0 || ok {
			return
		}
		found, p, known := in.find(value)
		if !known || p == "" && (in.doc != nil || d != nil) {
			return
		}
		d, at, ok = found, p, p != ""
		if key.Value.Compare(ast.String("container")) == 0 {
			at = strings.TrimSuffix(p, "/name")
		}
	})
	return d, at, ok
}

func field(o ast.Object, key string) (string, bool) {
	t := o.Get(ast.StringTerm(key))
	if t == nil {
		return "", false
	}
	s, ok := t.Value.(ast.String)
	return string(s), ok
}

// pointer reads a path: a JSON Pointer, or a list of steps. Other values of
// path are metadata of the author's own.
func pointer(t *ast.Term) (string, bool) {
	if t == nil {
		return "", false
	}
	switch v := t.Value.(type) {
	case ast.String:
		return string(v), strings.HasPrefix(string(v), "/")
	case *ast.Array:
		p := ""
		v.Foreach(func(step *ast.Term) {
			s, ok := step.Value.(ast.String)
			if !ok {
				s = ast.String(step.Value.String())
			}
			p = manifest.JoinPointer(p, string(s))
		})
		return p, true
	}
	return "", false
}

// conftestLocation reads _loc, by which rules for conftest name a place themselves.
func (in reader) conftestLocation(o ast.Object) *verdict.Location {
	t := o.Get(ast.StringTerm("_loc"))
	if t == nil {
		return nil
	}
	loc, ok := t.Value.(ast.Object)
	if !ok {
		return nil
	}
	file, ok := field(loc, "file")
	if !ok || file == "" {
		return nil
	}
	out := &verdict.Location{File: in.hide(strings.TrimPrefix(file, "./"))}
	if line := loc.Get(ast.StringTerm("line")); line != nil {
		if n, err := strconv.Atoi(line.Value.String()); err == nil && n > 0 {
			out.Line = n
		}
	}
	return out
}
