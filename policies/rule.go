package policies

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

func itoa(n int) string { return strconv.Itoa(n) }

// rule is one Rego rule that finds violations: deny, violation or warn of a package.
type rule struct {
	verdict.Rule
	// ref is what is queried: data.<package>.<name>.
	ref      string
	file     string
	line     int
	enabled  bool
	match    match
	defaults map[string]any
}

// match says to what a rule applies; an empty list applies to everything.
type match struct {
	Kinds             []string          `json:"kinds"`
	Operations        []string          `json:"operations"`
	Namespaces        []string          `json:"namespaces"`
	Environments      []string          `json:"environments"`
	EnvironmentLabels map[string]string `json:"environmentLabels"`
}

// custom is the part of a rule's METADATA that is Penstock's own.
type custom struct {
	ID          string               `json:"id"`
	Severity    string               `json:"severity"`
	Enabled     *bool                `json:"enabled"`
	Match       match                `json:"match"`
	Remediation string               `json:"remediation"`
	Tags        []string             `json:"tags"`
	Parameters  map[string]parameter `json:"parameters"`
}

type parameter struct {
	Default     any    `json:"default"`
	Description string `json:"description"`
}

// rulePattern is conftest's: the names of rules that find violations
// (https://www.conftest.dev/#evaluating-policies).
var rulePattern = regexp.MustCompile(`^(deny|violation|warn)(_[a-zA-Z0-9]+)*$`)

// rulesOf reads the rules of a module that find violations.
func rulesOf(compiler *ast.Compiler, m *ast.Module, source Source) ([]rule, error) {
	var rules []rule
	seen := map[string]bool{}
	for _, r := range m.Rules {
		name := string(r.Head.Name)
		if name == "" && len(r.Head.Reference) > 0 {
			name = strings.Trim(r.Head.Reference[0].Value.String(), `"`)
		}
		if !rulePattern.MatchString(name) || seen[name] || len(r.Head.Args) > 0 {
			continue
		}
		seen[name] = true
		loaded, err := newRule(compiler, m, r, name, source)
		if err != nil {
			return nil, err
		}
		rules = append(rules, loaded)
	}
	return rules, nil
}

func newRule(compiler *ast.Compiler, m *ast.Module, r *ast.Rule, name string, source Source) (rule, error) {
	pkg := strings.TrimPrefix(m.Package.Path.String(), "data.")
	out := rule{ref: m.Package.Path.String() + "." + name, file: r.Location.File, line: r.Location.Row, enabled: true}
	out.Rule = verdict.Rule{ID: strings.ReplaceAll(pkg, ".", "/") + "/" + name, Title: strings.ReplaceAll(name, "_", " "), Level: verdict.Error, Source: source.Name}
	if source.Name != BuiltIn {
		out.Source = r.Location.File
	}
	if strings.HasPrefix(name, "warn") {
		out.Level = verdict.Warning
	}
	a := annotations(compiler, m, r)
	if a == nil {
		if source.Name == BuiltIn {
			return rule{}, &Error{File: out.file, Line: out.line, Msg: "the rule has no METADATA", Hint: "put # METADATA above its package"}
		}
		return out, nil
	}
	var c custom
	data, err := json.Marshal(a.Custom)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return rule{}, &Error{File: out.file, Line: a.Location.Row, Msg: "METADATA: custom: " + err.Error(), Hint: "see the METADATA of a built-in rule"}
	}
	if a.Title != "" {
		out.Title = a.Title
	}
	out.Description, out.Remediation, out.Tags, out.match = strings.TrimSpace(a.Description), strings.TrimSpace(c.Remediation), c.Tags, c.Match
	if c.ID != "" {
		out.ID = c.ID
	}
	if len(a.RelatedResources) > 0 {
		out.HelpURL = a.RelatedResources[0].Ref.String()
	}
	if c.Enabled != nil {
		out.enabled = *c.Enabled
	}
	if out.Level, err = level(c.Severity, out.Level); err != nil {
		return rule{}, &Error{File: out.file, Line: a.Location.Row, Msg: "METADATA: " + err.Error(), Hint: "write error, warning or note"}
	}
	out.defaults = map[string]any{}
	for key, p := range c.Parameters {
		out.defaults[key] = p.Default
	}
	if source.Name == BuiltIn && (c.ID == "" || c.Severity == "" || out.Description == "" || out.Remediation == "") {
		return rule{}, &Error{File: out.file, Line: a.Location.Row, Msg: "METADATA lacks an id, severity, description or remediation", Hint: "see another rule of the library"}
	}
	return out, nil
}

// annotations are those of the rule, else those of its package.
func annotations(compiler *ast.Compiler, m *ast.Module, r *ast.Rule) *ast.Annotations {
	set := compiler.GetAnnotationSet()
	if set == nil {
		return nil
	}
	for _, a := range set.GetRuleScope(r) {
		return a
	}
	return set.GetPackageScope(m.Package)
}

func level(severity string, fallback verdict.Level) (verdict.Level, error) {
	switch severity {
	case "":
		return fallback, nil
	case "error", "warning", "note":
		return verdict.Level(severity), nil
	}
	return "", fmt.Errorf("the severity %q is not known", severity)
}

// in returns the rule as it is in an environment, and whether it runs there.
func (r rule) in(env config.Environment) (rule, bool) {
	severity, set := env.Severities[r.ID]
	if severity == "off" || !r.enabled && !set {
		return r, false
	}
	if set {
		r.Level = verdict.Level(severity)
	}
	for label, value := range r.match.EnvironmentLabels {
		if env.Labels[label] != value {
			return r, false
		}
	}
	return r, len(r.match.Environments) == 0 || matchesAny(r.match.Environments, env.Name)
}

// applies reports whether a rule looks at an object that undergoes an operation.
func (r rule) applies(o *manifest.Object, op diff.Operation) bool {
	operations := r.match.Operations
	if len(operations) == 0 {
		operations = []string{string(diff.Create), string(diff.Update)}
	}
	if !slices.Contains(operations, string(op)) {
		return false
	}
	id := o.ID()
	if len(r.match.Namespaces) > 0 && !matchesAny(r.match.Namespaces, id.Namespace) {
		return false
	}
	return len(r.match.Kinds) == 0 || matchesAny(r.match.Kinds, id.Kind) || matchesAny(r.match.Kinds, id.Group+"/"+id.Kind)
}

// matchesAny reports whether a name matches one of the patterns (path.Match).
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return err == nil && ok
	})
}
