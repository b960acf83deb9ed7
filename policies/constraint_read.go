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

// violationsOf are what a template gives: a set of objects with msg. Gatekeeper
// drops what has no msg; here it is an error, as it is for other rules.
func violationsOf(t *ast.Term) ([]ast.Object, error) {
	var out []ast.Object
	var faults []error
	collect := func(item *ast.Term) {
		object, ok := item.Value.(ast.Object)
		if !ok {
			faults = append(faults, fmt.Errorf("it gave a %s as a violation; give an object with msg", ast.ValueName(item.Value)))
		} else if _, ok := field(object, "msg"); !ok {
			faults = append(faults, errors.New("it gave a violation without msg, or with one that is not a string"))
		} else {
			out = append(out, object)
		}
	}
	switch v := t.Value.(type) {
	case ast.Set:
		v.Foreach(collect)
	case *ast.Array:
		v.Foreach(collect)
	default:
		return nil, fmt.Errorf("violation is a %s; write violation[{\"msg\": msg}] { … }", ast.ValueName(t.Value))
	}
	return out, errors.Join(faults...)
}

// violations turns what a template gives into findings on the object under
// review, also where the violation is in what would be made of it.
func (w *worker) violations(i int, t *ast.Term, s *subjectView) ([]located, error) {
	objects, err := violationsOf(t)
	r := w.ev.rules[i]
	in := w.reading(s.doc, s.before, nil)
	var out []located
	for _, object := range objects {
		message, _ := field(object, "msg")
		path, known := in.detail(object)
		if !known {
			path = containerIn(s.containers, message)
		}
		f := verdict.Finding{
			Rule: r.ID, Level: r.Level, Stage: verdict.StagePolicy, Environment: w.ev.in.Environment.Name, Object: nameOf(s.of.object),
			Message: w.hide(i, s.of, s.prefix()+message), Path: path,
			Container: containerOf(s.object.Fields(), path), Remediation: r.Remediation,
		}
		if s.generated != nil {
			f.Path = s.generated.Pointer + path
			if _, overridden := w.ev.in.Environment.Severities[r.ID]; s.generated.Action != "" && !overridden {
				f.Level = levelOf(s.generated.Action)
			}
		}
		f.Location = s.locate(f.Path)
		key := r.ref + "\x00" + cmp.Or(f.Container, stable(s.of.object, f.Path)) + "\x00" + verdict.Normalise(f.Message)
		out = append(out, located{f, i, key})
	}
	out, over := w.afford(i, out)
	return out, errors.Join(err, over)
}

// prefix says in the message what the violation is in. For ExpansionTemplates it
// is Gatekeeper's.
func (s *subjectView) prefix() string {
	switch {
	case s.generated == nil:
		return ""
	case s.generated.By != "":
		return "[Implied by " + s.generated.By + "] "
	}
	return "in its Pods: "
}

// detail is the place of the first value of the object that a violation carries,
// in itself or in its details.
func (in reader) detail(object ast.Object) (string, bool) {
	if _, path, known := in.carried(object); known {
		return path, true
	}
	details := object.Get(ast.StringTerm("details"))
	if details == nil {
		return "", false
	}
	inner, ok := details.Value.(ast.Object)
	if !ok {
		return "", false
	}
	_, path, known := in.carried(inner)
	return path, known
}

// containerIn is the place of the one container that a message speaks of and
// names; empty if there is none or more than one. Most templates carry nothing
// but a text.
func containerIn(containers []namedContainer, message string) string {
	if len(containers) == 0 || !strings.Contains(strings.ToLower(message), "container") {
		return ""
	}
	var found []string
	for _, c := range containers {
		if namesWord(message, c.name) {
			found = append(found, c.pointer)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// namesWord reports whether a text has a name as a word of its own: letters and
// digits, with dots and hyphens in between.
func namesWord(message, name string) bool {
	if !strings.Contains(message, name) {
		return false
	}
	for word := range strings.FieldsFuncSeq(message, func(r rune) bool {
		return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		if strings.Trim(word, "-.") == name {
			return true
		}
	}
	return false
}

type namedContainer struct{ name, pointer string }

// containersOf are the containers of an object that has a pod spec.
func containersOf(fields map[string]any, at string) []namedContainer {
	var out []namedContainer
	for _, list := range containerLists() {
		items, _ := fields[list].([]any)
		for i, item := range items {
			container, _ := item.(map[string]any)
			if name, ok := container["name"].(string); ok {
				out = append(out, namedContainer{name, manifest.JoinPointer(at, list, strconv.Itoa(i))})
			}
		}
	}
	for _, step := range []string{"spec", "template", "jobTemplate"} {
		if inner, ok := fields[step].(map[string]any); ok {
			out = append(out, containersOf(inner, at+"/"+step)...)
		}
	}
	return out
}
