package policies

import (
	"bytes"
	"cmp"
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
	// invalid are the files of constraints that a suite expects to be refused:
	// they are tests, and in force nowhere.
	invalid map[string]bool
}

func isYAML(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name))
}

// add takes the objects of Gatekeeper out of a file. Other YAML beside policies
// means nothing, be it broken or not.
func (m *manifests) add(fsys fs.FS, file string) error {
	text, err := fs.ReadFile(fsys, file)
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
			if err := m.object(item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *manifests) object(d manifest.Document) error {
	apiVersion, _ := d.Fields["apiVersion"].(string)
	kind, _ := d.Fields["kind"].(string)
	if group := path.Dir(apiVersion); !gatekeeper.Owns(group, kind) && !gatekeeper.Ignores(group, kind) {
		return nil
	}
	o, err := manifest.NewObject(d)
	if err != nil {
		return syntax(err, "give the object a name")
	}
	m.objects = append(m.objects, o)
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
			m.invalid[path.Join(path.Dir(s.File), t.Constraint)] = true
		}
	}
}

// read are the objects of Gatekeeper in the sources. One that cannot be used, or
// two of one name that differ, are an *Error, as is a template that does not
// compile.
func (m *manifests) read(cache *templateCache) (gatekeeper.Objects, error) {
	kept := slices.DeleteFunc(m.objects, func(o *manifest.Object) bool { return m.invalid[o.Origin().File] })
	slices.SortStableFunc(kept, func(a, b *manifest.Object) int {
		return cmp.Or(a.ID().Compare(b.ID()), cmp.Compare(a.Origin().File, b.Origin().File))
	})
	for i := 1; i < len(kept); i++ {
		if a, b := kept[i-1], kept[i]; a.ID() == b.ID() && !sameSpec(a, b) {
			at, other := b.Locate(""), a.Locate("")
			return gatekeeper.Objects{}, &Error{File: at.File, Line: at.Line, Msg: fmt.Sprintf("%s is there twice; the other one is at %s", b.ID(), place(other.File, other.Line)), Hint: "leave one of them; everything below a directory of policies is in force"}
		}
	}
	kept = slices.CompactFunc(kept, func(a, b *manifest.Object) bool { return a.ID() == b.ID() })
	found := gatekeeper.Read(kept)
	if len(found.Faults) > 0 {
		return found, asError(found.Faults[0])
	}
	for _, t := range found.Templates {
		if t.Rego == nil {
			continue
		}
		if err := cache.get(t.Rego).err; err != nil {
			return found, err
		}
	}
	return found, nil
}
