package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Lack is what the METADATA of a rule lacks.
type Lack struct {
	Rule    string   `json:"rule"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Missing []string `json:"missing"`
}

// String is the place and what is missing there.
func (l Lack) String() string {
	return fmt.Sprintf("%s: the METADATA of %s lacks %s", place(l.File, l.Line), l.Rule, strings.Join(l.Missing, ", "))
}

// lackingMetadata says of each rule of the sources what its METADATA lacks. A
// check runs such rules, as it runs those that were written for other tools;
// but nobody can look up what they mean or what to do.
func (e *Engine) lackingMetadata(sources []Source) []Lack {
	var out []Lack
	for _, r := range e.of(sources).rules {
		m, definition := e.definition(r)
		if definition == nil {
			continue // not written in Rego with METADATA
		}
		found := annotations(e.compiler, m, definition)
		line := r.line
		if len(found) > 0 {
			line = found[0].Location.Row
		}
		if missing := lacking(found, r); len(missing) > 0 {
			out = append(out, Lack{r.ID, r.file, line, missing})
		}
	}
	return out
}

func lacking(found []*ast.Annotations, r rule) []string {
	has := func(key string) bool {
		return slices.ContainsFunc(found, func(a *ast.Annotations) bool { s, _ := a.Custom[key].(string); return s != "" })
	}
	var missing []string
	if !slices.ContainsFunc(found, func(a *ast.Annotations) bool { return a.Title != "" }) {
		missing = append(missing, "title")
	}
	if r.Description == "" {
		missing = append(missing, "description")
	}
	for _, key := range []string{"id", "severity", "remediation"} {
		if !has(key) {
			missing = append(missing, "custom."+key)
		}
	}
	return missing
}

// definition is the module and the Rego rule that a rule was read from.
func (e *Engine) definition(r rule) (*ast.Module, *ast.Rule) {
	for _, m := range e.compiler.Modules {
		if m.Package.Path.String() != r.pkg {
			continue
		}
		for _, candidate := range m.Rules {
			if at := candidate.Location; at != nil && at.File == r.file && at.Row == r.line {
				return m, candidate
			}
		}
	}
	return nil, nil
}

// of is the engine with the rules of the sources alone.
func (e *Engine) of(sources []Source) *Engine {
	part := *e
	part.rules = nil
	for _, r := range e.rules {
		if slices.ContainsFunc(sources, func(s Source) bool { return r.in(s) }) {
			part.rules = append(part.rules, r)
		}
	}
	return &part
}

func (r rule) in(s Source) bool {
	if s.Name == BuiltIn || r.Source == BuiltIn {
		return s.Name == r.Source
	}
	return s.Dir == "." || r.file == s.Dir || strings.HasPrefix(r.file, s.Dir+"/")
}

// Reserved finds the first word of a dotted name that Rego keeps for itself.
func Reserved(name string) (string, bool) {
	for word := range strings.SplitSeq(name, ".") {
		if ast.IsKeyword(word) || slices.Contains([]string{"data", "input"}, word) {
			return word, true
		}
	}
	return "", false
}
