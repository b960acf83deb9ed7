package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// match says to what a rule applies; an empty list applies to everything. Names
// are patterns of path.Match.
type match struct {
	// Kinds are "Kind" or "group/Kind"; the core group is written "core".
	Kinds []string `json:"kinds"`
	// Operations are CREATE and UPDATE unless given.
	Operations []string `json:"operations"`
	Namespaces []string `json:"namespaces"`
	// Environments are names of environments, and EnvironmentLabels are labels
	// that an environment must all have.
	Environments      []string          `json:"environments"`
	EnvironmentLabels map[string]string `json:"environmentLabels"`
}

// parseMatch reads match strictly: a misspelt key or pattern would make a rule
// apply to what its author did not mean, or to nothing.
func parseMatch(data []byte) (match, error) {
	var m match
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return match{}, err
	}
	for _, op := range m.Operations {
		if !slices.Contains([]diff.Operation{diff.Create, diff.Update, diff.Delete}, diff.Operation(op)) {
			return match{}, fmt.Errorf("the operation %q is none of CREATE, UPDATE and DELETE", op)
		}
	}
	patterns := slices.Concat(m.Kinds, m.Namespaces, m.Environments)
	for _, p := range m.EnvironmentLabels {
		patterns = append(patterns, p)
	}
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			return match{}, fmt.Errorf("%q is not a pattern", p)
		}
	}
	return m, nil
}

// changing reports whether the rule looks only at what a change does.
func (m match) changing() bool {
	return len(m.Operations) > 0 && !slices.Contains(m.Operations, string(diff.Create))
}

// byObject are the keys that choose among objects.
func (m match) byObject() []string {
	var keys []string
	for _, list := range []struct {
		key    string
		values []string
	}{{"kinds", m.Kinds}, {"namespaces", m.Namespaces}, {"operations", m.Operations}} {
		if len(list.values) > 0 {
			keys = append(keys, list.key)
		}
	}
	return keys
}

// environment reports whether the rule looks at an environment at all.
func (m match) environment(env config.Environment) bool {
	for label, pattern := range m.EnvironmentLabels {
		value, there := env.Labels[label]
		if !there || !matchesAny([]string{pattern}, value) {
			return false
		}
	}
	return len(m.Environments) == 0 || matchesAny(m.Environments, env.Name)
}

// object reports whether the rule looks at objects of an identity that undergo
// an operation.
func (m match) object(id manifest.ID, op diff.Operation) bool {
	if len(m.Operations) == 0 {
		if op == diff.Delete {
			return false
		}
	} else if !slices.Contains(m.Operations, string(op)) {
		return false
	}
	if len(m.Namespaces) > 0 && !matchesAny(m.Namespaces, id.Namespace) {
		return false
	}
	if len(m.Kinds) == 0 || matchesAny(m.Kinds, id.Kind) || matchesAny(m.Kinds, id.Group+"/"+id.Kind) {
		return true
	}
	return id.Group == "" && matchesAny(m.Kinds, "core/"+id.Kind)
}

// matchesAny reports whether a name matches one of the patterns. Patterns are
// checked when they are read, so that an error cannot happen.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return err == nil && ok
	})
}
