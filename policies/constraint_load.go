package policies

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// manifests are the YAML files of the sources that hold objects of Gatekeeper.
type manifests struct {
	objects []*manifest.Object
	// invalid are the files of constraints that a suite expects to be refused, and
	// the place of the test that says so.
	invalid map[string]string
	// builtinErrors is that of the source of an object.
	builtinErrors map[*manifest.Object]string
}

func isYAML(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name))
}

// add takes the objects of Gatekeeper out of a file. Other YAML beside policies
// means nothing, be it broken or not.
func (m *manifests) add(s Source, file string) error {
	text, err := fs.ReadFile(s.FS, file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	if !bytes.Contains(text, []byte("gatekeeper.sh")) {
		return nil
	}
	documents, err := manifest.Decode(file, text)
	if err != nil {
		if syntax, ok := errors.AsType[*manifest.SyntaxError](err); ok {
			return &Error{File: file, Line: syntax.Line, Msg: syntax.Msg, Hint: "the file names gatekeeper.sh, and so is read for ConstraintTemplates and constraints"}
		}
		return err
	}
	for _, d := range documents {
		if gatekeeper.IsSuite(d) {
			m.suite(d)
			continue
		}
		for _, item := range d.Items() {
			if err := m.object(s, item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *manifests) object(s Source, d manifest.Document) error {
	apiVersion, _ := d.Fields["apiVersion"].(string)
	kind, _ := d.Fields["kind"].(string)
	if group := path.Dir(apiVersion); !gatekeeper.Owns(group, kind) && !gatekeeper.Ignores(group, kind) {
		return nil
	}
	o, err := manifest.NewObject(d)
	if err != nil {
		return syntax(err, "give the object a name")
	}
	m.objects, m.builtinErrors[o] = append(m.objects, o), s.BuiltinErrors
	return nil
}

// suite remembers which constraints of a suite are wrong on purpose. What is
// wrong with the suite itself is for Verify to say.
func (m *manifests) suite(d manifest.Document) {
	s, err := gatekeeper.NewSuite(d)
	if err != nil {
		return
	}
	for _, t := range s.Tests {
		if t.Invalid {
			m.invalid[path.Join(path.Dir(s.File), t.Constraint)] = place(s.File, t.Line)
		}
	}
}

// refused are the constraints that a suite expects to be refused, and that are:
// they are tests, and in force nowhere. One that is valid, whatever a suite says,
// judges as any other does.
func (m *manifests) refused(ctx context.Context, left *leftovers) []gatekeeper.Ignored {
	if len(m.invalid) == 0 {
		return nil
	}
	templates := newBook(gatekeeper.Read(m.objects), gatekeeper.Objects{}).templates
	var out []gatekeeper.Ignored
	for _, o := range m.objects {
		test, named := m.invalid[o.Origin().File]
		if !named || !gatekeeper.IsConstraint(o.ID()) {
			continue
		}
		found := gatekeeper.Read([]*manifest.Object{o})
		why := ""
		for _, f := range found.Faults {
			why = f.Msg
		}
		for _, k := range found.Constraints {
			if t := templates[k.Kind]; t != nil {
				if _, err := parametersFor(ctx, left, k, t); errors.Is(err, errSchema) {
					why = err.Error()
				}
			}
		}
		if why != "" {
			out = append(out, gatekeeper.Ignored{Object: o, Why: fmt.Sprintf("the constraint judges nothing: the test at %s expects that it is refused, and it is: %s", test, why)})
		}
	}
	return out
}

// read are the objects of Gatekeeper in the sources that are in force, and those
// that are tests. One that cannot be used, or two of one name that differ, are an
// *Error, as is a template that does not compile.
func (m *manifests) read(ctx context.Context, cache *templateCache) (found gatekeeper.Objects, tests []gatekeeper.Ignored, err error) {
	tests = m.refused(ctx, cache.left)
	kept := slices.DeleteFunc(slices.Clone(m.objects), func(o *manifest.Object) bool {
		return slices.ContainsFunc(tests, func(t gatekeeper.Ignored) bool { return t.Object == o })
	})
	slices.SortStableFunc(kept, func(a, b *manifest.Object) int {
		return cmp.Or(a.ID().Compare(b.ID()), cmp.Compare(a.Origin().File, b.Origin().File))
	})
	for i := 1; i < len(kept); i++ {
		if a, b := kept[i-1], kept[i]; a.ID() == b.ID() && !sameSpec(a, b) {
			at, other := b.Locate(""), a.Locate("")
			return found, nil, &Error{File: at.File, Line: at.Line, Msg: fmt.Sprintf("%s is there twice; the other one is at %s", b.ID(), place(other.File, other.Line)), Hint: "leave one of them; everything below a directory of policies is in force"}
		}
	}
	kept = slices.CompactFunc(kept, func(a, b *manifest.Object) bool { return a.ID() == b.ID() })
	found = gatekeeper.Read(kept)
	if len(found.Faults) > 0 {
		return found, nil, asError(found.Faults[0])
	}
	for _, t := range found.Templates {
		if t.Rego == nil {
			continue
		}
		compiled, err := cache.get(ctx, t.Rego)
		if err != nil {
			return found, nil, err
		}
		if compiled.err != nil {
			return found, nil, compiled.err
		}
	}
	return found, tests, nil
}
