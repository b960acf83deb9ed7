package policies

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Idle is a rule of which the match, or a part of it, matches nothing that is there.
type Idle struct {
	Rule verdict.Rule
	// File and Line are where the rule is defined.
	File string
	Line int
	// Why says what of the match is nowhere, such as "no environment is named prd".
	Why string
	// Misses says that the rule runs in no environment at all, or names one that
	// is not there. Else it would run, and there are no objects that it looks at.
	Misses bool
}

// Idle finds the rules that never find anything, whatever their text says,
// sorted by ID. Objects are what each environment renders, by name; with an
// environment that is not among them no rule is said to have no objects.
func (e *Engine) Idle(envs []config.Environment, objects map[string]*manifest.Set) []Idle {
	var out []Idle
	for _, r := range e.rules {
		found := func(misses bool, why string) {
			idle := Idle{Rule: r.Rule, File: r.file, Line: r.line, Why: why, Misses: misses}
			if !slices.ContainsFunc(out, func(o Idle) bool { return o.Rule.ID == r.ID && o.Why == why }) { // the same of deny and warn in one package
				out = append(out, idle)
			}
		}
		if !slices.ContainsFunc(envs, r.wanted) {
			continue
		}
		missing := r.match.missing(envs)
		for _, why := range missing {
			found(true, why)
		}
		runs := slices.DeleteFunc(slices.Clone(envs), func(env config.Environment) bool { return !r.runs(env) })
		if len(missing) == 0 && len(runs) > 0 && !r.match.anywhere(runs, objects) {
			found(false, "no environment has objects of "+r.match.what())
		}
	}
	return out
}

// wanted reports whether an environment does not do without the rule.
func (r rule) wanted(env config.Environment) bool {
	severity, set := env.Severities[r.ID]
	return severity != "off" && (r.enabled || set)
}

// runs reports whether a rule looks at an environment, as it is configured there.
func (r rule) runs(env config.Environment) bool {
	return r.wanted(env) && (r.scope == scopeFleet || r.match.environment(env))
}

// missing says which environments and labels a match names that are nowhere, or
// else that no environment is all that it asks for.
func (m match) missing(envs []config.Environment) []string {
	var out []string
	for _, p := range m.Environments {
		if !slices.ContainsFunc(envs, func(env config.Environment) bool { return matchesAny([]string{p}, env.Name) }) {
			out = append(out, "no environment is named "+p)
		}
	}
	var labels []string
	for _, label := range slices.Sorted(maps.Keys(m.EnvironmentLabels)) {
		one := match{EnvironmentLabels: map[string]string{label: m.EnvironmentLabels[label]}}
		labels = append(labels, label+": "+m.EnvironmentLabels[label])
		if !slices.ContainsFunc(envs, one.environment) {
			out = append(out, fmt.Sprintf("no environment has the label %s", labels[len(labels)-1]))
		}
	}
	if len(out) > 0 || slices.ContainsFunc(envs, m.environment) {
		return out
	}
	named := ""
	if len(m.Environments) > 0 {
		named = " that is named " + strings.Join(m.Environments, " or ")
	}
	return []string{fmt.Sprintf("no environment%s has the labels %s", named, strings.Join(labels, ", "))}
}

// anywhere reports whether one of the environments has an object that the match
// is for, or may have.
func (m match) anywhere(envs []config.Environment, objects map[string]*manifest.Set) bool {
	op := diff.Create
	if len(m.Operations) > 0 {
		op = diff.Operation(m.Operations[0])
	}
	if len(m.Kinds) == 0 && len(m.Namespaces) == 0 {
		return true
	}
	return slices.ContainsFunc(envs, func(env config.Environment) bool {
		set := objects[env.Name]
		return set == nil || slices.ContainsFunc(set.All(), func(o *manifest.Object) bool { return m.object(o.ID(), op) })
	})
}

// what names the kinds and namespaces of a match.
func (m match) what() string {
	kinds := "any kind"
	if len(m.Kinds) > 0 {
		kinds = strings.Join(m.Kinds, ", ")
	}
	if len(m.Namespaces) > 0 {
		kinds += " in the namespaces " + strings.Join(m.Namespaces, ", ")
	}
	return kinds
}
