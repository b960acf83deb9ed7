package policies

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// Description is all that METADATA says of a rule.
type Description struct {
	verdict.Rule
	// Enabled says whether the rule runs without being asked for.
	Enabled bool
	// Matches says in words to what it applies; empty stands for everything.
	Matches    []string
	Parameters []Parameter
	// Place is where the rule is written, file:line, or empty if it is built in.
	Place string
}

// Parameter is what a rule can be told.
type Parameter struct {
	Name        string
	Default     any
	Description string
}

// Group is the part of the ID before the last slash.
func (d Description) Group() string {
	at := strings.LastIndexByte(d.ID, '/')
	return d.ID[:max(at, 0)]
}

// Describe returns the rules as their METADATA has them, sorted by ID. Rules of
// one package that share an ID are one. Constraints of Gatekeeper have no more
// than their title and their level.
func (e *Engine) Describe() []Description {
	byID := map[string]Description{}
	for _, r := range slices.Backward(e.rules) {
		d := Description{Rule: r.Rule, Enabled: r.enabled, Matches: append(r.match.words(), r.scope.words()...)}
		if r.Source != BuiltIn {
			d.Place = place(r.file, r.line)
		}
		for _, name := range slices.Sorted(maps.Keys(r.parameters)) {
			p := r.parameters[name]
			d.Parameters = append(d.Parameters, Parameter{name, p.Default, p.Description})
		}
		byID[r.ID] = d
	}
	for _, r := range e.constraintRules() {
		byID[r.ID] = Description{Rule: r, Enabled: true, Place: r.Source}
	}
	return slices.SortedFunc(maps.Values(byID), func(a, b Description) int {
		return cmp.Or(strings.Compare(a.Group(), b.Group()), strings.Compare(a.ID, b.ID))
	})
}

// words are what match says, for people.
func (m match) words() []string {
	var out []string
	add := func(what string, list []string) {
		if len(list) > 0 {
			out = append(out, what+" "+strings.Join(list, ", "))
		}
	}
	add("kinds", m.Kinds)
	add("operations", m.Operations)
	add("namespaces", m.Namespaces)
	add("environments", m.Environments)
	var labels []string
	for _, key := range slices.Sorted(maps.Keys(m.EnvironmentLabels)) {
		labels = append(labels, fmt.Sprintf("%s=%s", key, m.EnvironmentLabels[key]))
	}
	add("environments labelled", labels)
	return out
}

// words are what a rule sees at once, unless that is one object.
func (s scope) words() []string {
	switch s {
	case scopeEnvironment, scopeCombine:
		return []string{"all objects of an environment together"}
	case scopeFleet:
		return []string{"all environments together"}
	}
	return nil
}
