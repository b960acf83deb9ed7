package policies

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Unread is a parameter that METADATA declare and that their rule never reads.
type Unread struct {
	Rule, Parameter string
	File            string
	Line            int
}

// Unread finds the parameters that nobody reads, sorted by rule. A name counts
// as read where the rule, or one that it depends on, has it as a constant:
// names that are put together from parts are not known.
func (e *Engine) Unread() []Unread {
	var out []Unread
	for _, r := range e.rules {
		if len(r.parameters) == 0 || r.constraint != nil {
			continue
		}
		words := e.words(r)
		for _, name := range slices.Sorted(maps.Keys(r.parameters)) {
			if words[name] || slices.ContainsFunc(out, func(u Unread) bool { return u.Rule == r.ID && u.Parameter == name }) {
				continue
			}
			out = append(out, Unread{r.ID, name, r.file, r.line})
		}
	}
	slices.SortStableFunc(out, func(a, b Unread) int { return strings.Compare(a.Rule, b.Rule) })
	return out
}

// words are the constants of the text of a rule and of all that it depends on.
func (e *Engine) words(r rule) map[string]bool {
	words, seen := map[string]bool{}, map[*ast.Rule]bool{}
	var visit func(*ast.Rule)
	visit = func(rule *ast.Rule) {
		if seen[rule] {
			return
		}
		seen[rule] = true
		ast.WalkTerms(rule, func(t *ast.Term) bool {
			if s, ok := t.Value.(ast.String); ok {
				words[string(s)] = true
			}
			return false
		})
		for next := range e.compiler.Graph.Dependencies(rule) {
			if next, ok := next.(*ast.Rule); ok {
				visit(next)
			}
		}
	}
	for _, rule := range e.compiler.GetRulesExact(ast.MustParseRef(r.ref)) {
		visit(rule)
	}
	return words
}
