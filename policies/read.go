package policies

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// read turns what a rule gives into findings: a set or list of strings, or of
// objects with msg. Anything else is an error: taking it for "no violation"
// would let pass what the author meant to refuse.
func read(t *ast.Term, doc *document) ([]verdict.Finding, error) {
	var findings []verdict.Finding
	var err error
	add := func(item *ast.Term) {
		f, itemErr := readItem(item, doc)
		if itemErr != nil {
			err = itemErr
			return
		}
		findings = append(findings, f)
	}
	switch v := t.Value.(type) {
	case ast.Set:
		v.Sorted().Foreach(add)
	case *ast.Array:
		v.Foreach(add)
	default:
		return nil, fmt.Errorf("it gave a %s; write `deny contains msg if …`", ast.ValueName(t.Value))
	}
	return findings, err
}

func readItem(t *ast.Term, doc *document) (verdict.Finding, error) {
	var f verdict.Finding
	if s, ok := t.Value.(ast.String); ok {
		f.Message = string(s)
		return f, nil
	}
	object, ok := t.Value.(ast.Object)
	if !ok {
		return f, fmt.Errorf("it gave a %s as a violation; give a string, or an object with msg", ast.ValueName(t.Value))
	}
	msg, ok := field(object, "msg")
	if !ok {
		return f, errors.New("it gave a violation without msg")
	}
	f.Message = msg
	f.Container, _ = field(object, "container")
	f.Remediation, _ = field(object, "remediation")
	if severity, ok := field(object, "severity"); ok {
		level, err := level(severity, "")
		if err != nil {
			return f, err
		}
		f.Level = level
	}
	if at := object.Get(ast.StringTerm("at")); at != nil {
		f.Path, _ = doc.pointer(at)
	}
	if path := object.Get(ast.StringTerm("path")); path != nil {
		f.Path = pointer(path)
	}
	f.Location = location(object)
	return f, nil
}

func field(o ast.Object, key string) (string, bool) {
	t := o.Get(ast.StringTerm(key))
	if t == nil {
		return "", false
	}
	s, ok := t.Value.(ast.String)
	return string(s), ok
}

// pointer reads a path: a JSON Pointer, or a list of steps.
func pointer(t *ast.Term) string {
	switch v := t.Value.(type) {
	case ast.String:
		return string(v)
	case *ast.Array:
		p := ""
		v.Foreach(func(step *ast.Term) {
			s, ok := step.Value.(ast.String)
			if !ok {
				s = ast.String(step.Value.String())
			}
			p = manifest.JoinPointer(p, string(s))
		})
		return p
	}
	return ""
}

// location reads _loc, by which rules for conftest name a place themselves.
func location(o ast.Object) *verdict.Location {
	t := o.Get(ast.StringTerm("_loc"))
	if t == nil {
		return nil
	}
	loc, ok := t.Value.(ast.Object)
	if !ok {
		return nil
	}
	file, ok := field(loc, "file")
	if !ok {
		return nil
	}
	out := &verdict.Location{File: strings.TrimPrefix(file, "./")}
	if line := loc.Get(ast.StringTerm("line")); line != nil {
		if n, err := strconv.Atoi(line.Value.String()); err == nil {
			out.Line = n
		}
	}
	return out
}
