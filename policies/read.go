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

// reader turns what a rule gives for a document into findings.
type reader struct {
	doc, old *document
	// hide replaces values of Secrets in a text.
	hide func(string) string
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
		f, err := in.finding(item)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		f.Rule, f.Stage, f.Environment, f.Object = r.ID, verdict.StagePolicy, w.ev.in.Environment.Name, nameOf(in.doc.object)
		_, overridden := w.ev.in.Environment.Severities[r.ID]
		if f.Level == "" || overridden {
			f.Level = r.Level
		}
		if f.Level == verdict.Error && !overridden && w.ev.in.Now.Before(r.effective) {
			f.Level, f.EffectiveOn = verdict.Warning, r.effective.Format(verdict.Date)
		}
		f.Remediation = in.hide(cmp.Or(f.Remediation, r.Remediation))
		f.Message = in.hide(f.Message)
		f.Container = in.hide(f.Container)
		key := r.ref + "\x00" + cmp.Or(f.Container, stable(in.doc.object, f.Path)) + "\x00" + verdict.Normalise(f.Message)
		findings = append(findings, located{f, i, key})
	}
	return findings, errors.Join(faults...)
}

// finding reads one violation.
func (in reader) finding(t *ast.Term) (verdict.Finding, error) {
	var f verdict.Finding
	if s, ok := t.Value.(ast.String); ok {
		f.Message, f.Location = string(s), locate(in.doc.object, "")
		return f, nil
	}
	object, ok := t.Value.(ast.Object)
	if !ok {
		return f, fmt.Errorf("it gave a %s as a violation; give a string, or an object with msg", ast.ValueName(t.Value))
	}
	msg, ok := field(object, "msg")
	if !ok {
		return f, errors.New("it gave a violation without msg, or with one that is not a string")
	}
	f.Message = msg
	f.Container, _ = field(object, "container")
	f.Remediation, _ = field(object, "remediation")
	if severity, ok := field(object, "severity"); ok {
		var err error
		if f.Level, err = level(severity, ""); err != nil {
			return f, err
		}
	}
	in.place(object, &f)
	return f, nil
}

// place finds out what a violation is about: path says it; at is it; else it is
// any other value of the object that the violation carries, or the container
// that it names. _loc of conftest names the place itself.
func (in reader) place(object ast.Object, f *verdict.Finding) {
	path, named := pointer(object.Get(ast.StringTerm("path")))
	at, known := in.pointer(object.Get(ast.StringTerm("at")))
	if !named && !known {
		at, known = in.carried(object)
	}
	if !named && !known && f.Container != "" {
		at, known = containerAt(in.doc.object.Fields(), f.Container)
	}
	f.Path = at
	if named {
		f.Path = path
	}
	f.Container = cmp.Or(f.Container, containerOf(in.doc.object.Fields(), f.Path))
	where := f.Path
	if named && known && !strings.HasPrefix(path, at) {
		where = at // the rule shows one value, and means another
	}
	f.Location = cmp.Or(conftestLocation(object), locate(in.doc.object, where))
}

// pointer is the place in the object that a term stands for.
func (in reader) pointer(t *ast.Term) (string, bool) {
	if p, ok := in.doc.pointer(t); ok {
		return p, true
	}
	if in.old != nil {
		return in.old.pointer(t)
	}
	return "", false
}

// carried is the place of the first value of the object under review that a
// violation carries, in the order of the keys. The object as a whole does not count.
func (in reader) carried(object ast.Object) (string, bool) {
	found, ok := "", false
	object.Foreach(func(key, value *ast.Term) {
		if key.Value.Compare(ast.String("msg")) == 0 || ok {
			return
		}
		if p, known := in.pointer(value); known && p != "" {
			found, ok = p, true
			if key.Value.Compare(ast.String("container")) == 0 {
				found = strings.TrimSuffix(p, "/name")
			}
		}
	})
	return found, ok
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
func conftestLocation(o ast.Object) *verdict.Location {
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
	out := &verdict.Location{File: strings.TrimPrefix(file, "./")}
	if line := loc.Get(ast.StringTerm("line")); line != nil {
		if n, err := strconv.Atoi(line.Value.String()); err == nil && n > 0 {
			out.Line = n
		}
	}
	return out
}
