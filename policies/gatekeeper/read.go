// Package gatekeeper reads the objects of Gatekeeper: ConstraintTemplates,
// constraints, ExpansionTemplates and the suites of gator verify. It says what a
// constraint matches and what a workload expands to. It runs no Rego; package
// policies does.
package gatekeeper

import (
	"fmt"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// The API groups of Gatekeeper that are read.
const (
	templates   = "templates.gatekeeper.sh"
	constraints = "constraints.gatekeeper.sh"
	expansions  = "expansion.gatekeeper.sh"
	configs     = "config.gatekeeper.sh"
)

// Objects are the objects of Gatekeeper among others, in the order in which
// they were given.
type Objects struct {
	Templates   []*Template
	Constraints []*Constraint
	Expansions  []*Expansion
	// Config is that of Gatekeeper; nil when there is none.
	Config *Config
	// Faults are the objects that cannot be used.
	Faults []*Fault
	// Ignored are objects that Gatekeeper would act on and this package does
	// not, each with the reason.
	Ignored []Ignored
}

// Ignored is an object of Gatekeeper that has no effect here.
type Ignored struct {
	Object *manifest.Object
	Why    string
}

// Fault is what is wrong with an object of Gatekeeper.
type Fault struct {
	Object *manifest.Object
	// Place is the line of the value at fault.
	Place manifest.Position
	Msg   string
}

// faultAt is a fault in the value that a JSON Pointer names.
func faultAt(o *manifest.Object, pointer, format string, args ...any) *Fault {
	return &Fault{Object: o, Place: o.Locate(pointer), Msg: fmt.Sprintf(format, args...)}
}

// Owns reports whether objects of an API group and kind are ones that Read takes.
func Owns(group, kind string) bool {
	switch group {
	case templates:
		return kind == "ConstraintTemplate"
	case expansions:
		return kind == "ExpansionTemplate"
	case configs:
		return kind == "Config"
	}
	return group == constraints
}

// IsConstraint reports whether an object of an identity is a constraint.
func IsConstraint(id manifest.ID) bool { return id.Group == constraints }

// Ignores reports whether objects of an API group and kind would change the
// answers of Gatekeeper, and have no effect here.
func Ignores(group, kind string) bool { return ignored(manifest.ID{Group: group, Kind: kind}) != "" }

// Read takes the objects of Gatekeeper out of others.
func Read(objects []*manifest.Object) Objects {
	var out Objects
	for _, o := range objects {
		var err *Fault
		switch id := o.ID(); {
		case id.Group == templates && id.Kind == "ConstraintTemplate":
			var t *Template
			if t, err = newTemplate(o); err == nil {
				out.Templates = append(out.Templates, t)
			}
		case id.Group == expansions && id.Kind == "ExpansionTemplate":
			var x *Expansion
			if x, err = newExpansion(o); err == nil {
				out.Expansions = append(out.Expansions, x)
			}
		case id.Group == constraints:
			var c *Constraint
			if c, err = newConstraint(o); err == nil {
				out.Constraints = append(out.Constraints, c)
			}
		case id.Group == configs && id.Kind == "Config" && ignored(id) == "":
			var c *Config
			if c, err = newConfig(o); err == nil {
				out.Config = c
				if c.unsynced() {
					out.Ignored = append(out.Ignored, Ignored{o, "data.inventory holds the whole environment, with the namespaces that it keeps out of it"})
				}
			}
		default:
			if why := ignored(id); why != "" {
				out.Ignored = append(out.Ignored, Ignored{o, why})
			}
		}
		if err != nil {
			out.Faults = append(out.Faults, err)
		}
	}
	return out
}

// ignored is what an object would change of the answers of Gatekeeper, and does
// not change here.
func ignored(id manifest.ID) string {
	switch {
	case id.Group == "mutations.gatekeeper.sh":
		return "the mutations of Gatekeeper are not applied; constraints judge objects as they are written"
	case id.Group == configs && id.Kind == "Config" && id.Name != configName:
		return "Gatekeeper reads only the Config of the name " + configName
	case id.Group == configs && id.Kind == "Config" && id.Namespace != configNamespace:
		return "Gatekeeper reads the Config of its own namespace, and whether it runs elsewhere than in " + configNamespace + " is not known; this one exempts nothing"
	}
	return ""
}

// at walks keys of nested mappings; nil where there is no such value.
func at(fields map[string]any, keys ...string) any {
	var value any = fields
	for _, key := range keys {
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = m[key]
	}
	return value
}

func text(fields map[string]any, keys ...string) string {
	s, _ := at(fields, keys...).(string)
	return s
}
