package gatekeeper

import (
	"fmt"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Target is the only target of a ConstraintTemplate that is evaluated: the
// admission of objects to Kubernetes.
const Target = "admission.k8s.gatekeeper.sh"

// Template is a ConstraintTemplate.
type Template struct {
	Object *manifest.Object
	// Kind is that of its constraints.
	Kind string
	// Rego is the code to evaluate, or nil; then Why says why there is none.
	Rego *Rego
	Why  string
	// Schema is the OpenAPI v3 schema of the parameters, or nil.
	Schema map[string]any
	// Lax says that parameters that the schema does not know are accepted.
	Lax bool
}

// Rego is the code of a template.
type Rego struct {
	// V1 says that the code is Rego v1, else it is v0.
	V1   bool
	Main Source
	Libs []Source
}

// Source is a text of Rego, and where it is written.
type Source struct {
	Text string
	File string
	// Before is the number of lines of the file before the text; 0 when it is
	// not known.
	Before int
}

func newTemplate(o *manifest.Object) (*Template, *Fault) {
	fields := o.Fields()
	t := &Template{Object: o, Kind: text(fields, "spec", "crd", "spec", "names", "kind")}
	if t.Kind == "" {
		return nil, faultAt(o, "/spec/crd/spec/names", "spec.crd.spec.names.kind is missing: the kind of the constraints")
	}
	if want := strings.ToLower(t.Kind); o.ID().Name != want {
		return nil, faultAt(o, "/metadata/name", "the name is %s; Gatekeeper accepts only the kind in lower case, %s", o.ID().Name, want)
	}
	validation, _ := at(fields, "spec", "crd", "spec", "validation").(map[string]any)
	t.Schema, _ = validation["openAPIV3Schema"].(map[string]any)
	if refers(t.Schema) {
		return nil, faultAt(o, "/spec/crd/spec/validation/openAPIV3Schema", "the schema has a $ref; the API server accepts none in a CustomResourceDefinition")
	}
	legacy, set := validation["legacySchema"].(bool)
	t.Lax = t.Schema == nil || legacy || !set && !strings.HasSuffix(o.APIVersion(), "/v1")
	targets, _ := at(fields, "spec", "targets").([]any)
	if len(targets) != 1 {
		return nil, faultAt(o, "/spec/targets", "there are %d targets; Gatekeeper accepts exactly one", len(targets))
	}
	target, ok := targets[0].(map[string]any)
	if !ok {
		return nil, faultAt(o, "/spec/targets/0", "the target is not a mapping")
	}
	if name := text(target, "target"); name != Target {
		t.Why = fmt.Sprintf("its target is %s; only %s is evaluated", name, Target)
		return t, nil
	}
	return t, t.code(target)
}

// code finds the Rego of a target. spec.targets[].rego wins over code[], as in
// Gatekeeper. Of several engines Gatekeeper takes CEL; here Rego is, which is
// meant to say the same.
func (t *Template) code(target map[string]any) *Fault {
	const base = "/spec/targets/0"
	if main, ok := target["rego"].(string); ok && main != "" {
		return t.rego(target, base)
	}
	code, _ := target["code"].([]any)
	var engines []string
	for i, item := range code {
		c, _ := item.(map[string]any)
		engine := text(c, "engine")
		if engine != "Rego" {
			engines = append(engines, engine)
			continue
		}
		pointer := fmt.Sprintf("%s/code/%d/source", base, i)
		source, ok := c["source"].(map[string]any)
		if !ok || text(source, "rego") == "" {
			return faultAt(t.Object, pointer, "the engine Rego has no source.rego")
		}
		if fault := t.rego(source, pointer); fault != nil {
			return fault
		}
		switch version := text(source, "version"); version {
		case "v1":
			t.Rego.V1 = true
		case "", "v0":
		default:
			return faultAt(t.Object, pointer+"/version", "the version of Rego is %s; write v0 or v1", version)
		}
		return nil
	}
	if len(engines) == 0 {
		return faultAt(t.Object, base, "the target has neither rego nor code")
	}
	t.Why = fmt.Sprintf("it is written for the engine %s; only Rego is evaluated", strings.Join(engines, ", "))
	return nil
}

func (t *Template) rego(source map[string]any, pointer string) *Fault {
	t.Rego = &Rego{Main: t.source(text(source, "rego"), pointer+"/rego")}
	libs, _ := source["libs"].([]any)
	for i, lib := range libs {
		at := fmt.Sprintf("%s/libs/%d", pointer, i)
		s, ok := lib.(string)
		if !ok {
			return faultAt(t.Object, at, "a library is not a string")
		}
		t.Rego.Libs = append(t.Rego.Libs, t.source(s, at))
	}
	return nil
}

// source places a text. A text of several lines is nearly always a block, which
// begins below its key; of others only the key is known.
func (t *Template) source(text, pointer string) Source {
	p := t.Object.Locate(pointer)
	s := Source{Text: text, File: p.File}
	switch block := strings.Contains(strings.TrimRight(text, "\n"), "\n"); {
	case p.Line == 0:
		s.File = "ConstraintTemplate " + t.Object.ID().Name
	case block:
		s.Before = p.Line
	default:
		s.Before = p.Line - 1
	}
	return s
}

// Title is what the library of Gatekeeper calls the template, or its kind.
func (t *Template) Title() string {
	if title := t.Object.Annotations()["metadata.gatekeeper.sh/title"]; title != "" {
		return title
	}
	return t.Kind
}

// Description is what the library of Gatekeeper says of the template.
func (t *Template) Description() string { return t.Object.Annotations()["description"] }
