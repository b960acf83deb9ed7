package policies

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// rule is one Rego rule that finds violations: deny, violation or warn of a package.
type rule struct {
	verdict.Rule
	// ref is what is queried, data.<package>.<name>, and pkg data.<package>.
	ref, pkg string
	file     string
	line     int
	enabled  bool
	scope    scope
	match    match
	// effective is when an error of the rule becomes one; until then it is a warning.
	effective time.Time
	// parameters are those that METADATA declares.
	parameters map[string]parameter
	reads      reads
	query      query
	// exceptions are those of its package, or nil.
	exceptions *query
	// builtinErrors is what becomes of an evaluation in which a built-in function
	// failed; empty means builtinError.
	builtinErrors string
	// constraint is set for a constraint of Gatekeeper.
	constraint *constraint
}

// String names the rule and its place in messages.
func (r rule) String() string { return fmt.Sprintf("the rule %s (%s)", r.ID, place(r.file, r.line)) }

// custom is the part of a rule's METADATA that is Penstock's own. Other keys
// are the author's.
type custom struct {
	ID          string               `json:"id"`
	Severity    string               `json:"severity"`
	Enabled     *bool                `json:"enabled"`
	Scope       string               `json:"scope"`
	Match       json.RawMessage      `json:"match"`
	Remediation string               `json:"remediation"`
	Tags        []string             `json:"tags"`
	Parameters  map[string]parameter `json:"parameters"`
	Waivable    *bool                `json:"waivable"`
	EffectiveOn string               `json:"effective_on"`
	// BuiltinErrors is error, warning or ignore.
	BuiltinErrors string `json:"builtin_errors"`
}

type parameter struct {
	Default     any    `json:"default"`
	Description string `json:"description"`
	// Schema is the JSON Schema of the value.
	Schema any `json:"schema"`
}

// rulePattern is conftest's: the names of rules that find violations
// (https://www.conftest.dev/#evaluating-policies).
var rulePattern = regexp.MustCompile(`^(deny|violation|warn)(_[a-zA-Z0-9]+)*$`)

func ruleName(r *ast.Rule) string {
	if r.Head.Name != "" {
		return string(r.Head.Name)
	}
	if len(r.Head.Reference) > 0 {
		if v, ok := r.Head.Reference[0].Value.(ast.Var); ok {
			return string(v)
		}
	}
	return ""
}

// rulesOf reads the rules of a module that find violations, in the order in
// which they are written.
func rulesOf(g *graph, m *ast.Module, s Source) ([]rule, error) {
	var rules []rule
	seen := map[string]bool{}
	for _, r := range m.Rules {
		name := ruleName(r)
		if !rulePattern.MatchString(name) || seen[name] || len(r.Head.Args) > 0 {
			continue
		}
		seen[name] = true
		loaded, err := newRule(g, m, r, s)
		if err != nil {
			return nil, err
		}
		rules = append(rules, loaded)
	}
	if s.Name != BuiltIn {
		return rules, nil
	}
	return rules, lintBuiltIn(m, rules, s)
}

// lintBuiltIn checks that a folder of the library is a rule, and that its ID,
// folder and package are the same name.
func lintBuiltIn(m *ast.Module, rules []rule, s Source) error {
	file, pkg := m.Package.Location.File, m.Package.Path.String()
	fault := func(format string, args ...any) error {
		return &Error{File: file, Line: m.Package.Location.Row, Msg: fmt.Sprintf(format, args...), Hint: "see another rule of the library"}
	}
	if strings.HasPrefix(pkg, "data.penstock.lib.") {
		if len(rules) > 0 {
			return fault("a package of penstock.lib defines a rule that finds violations")
		}
		return nil
	}
	if len(rules) != 1 {
		return fault("%d rules that find violations; a folder of the library has one", len(rules))
	}
	id := strings.TrimPrefix(path.Dir(file), s.Dir+"/")
	want := "data.penstock." + strings.NewReplacer("/", ".", "-", "_").Replace(id)
	if rules[0].ID != id || pkg != want {
		return fault("the folder is %s, the ID %s and the package %s; they must be one name", id, rules[0].ID, strings.TrimPrefix(pkg, "data."))
	}
	return nil
}

func newRule(g *graph, m *ast.Module, r *ast.Rule, s Source) (rule, error) {
	name, pkg := ruleName(r), m.Package.Path.String()
	out := rule{ref: pkg + "." + name, pkg: pkg, file: r.Location.File, line: r.Location.Row, enabled: true, builtinErrors: s.BuiltinErrors}
	if s.Combine {
		out.scope = scopeCombine
	}
	out.Rule = verdict.Rule{
		ID:    strings.ReplaceAll(strings.TrimPrefix(pkg, "data."), ".", "/") + "/" + name,
		Title: strings.ReplaceAll(name, "_", " "), Level: verdict.Error, Source: out.file,
	}
	if strings.HasPrefix(name, "warn") {
		out.Level = verdict.Warning
	}
	if s.Name == BuiltIn {
		out.Source = BuiltIn
	}
	found := annotations(g.compiler, m, r)
	for _, a := range found {
		if err := out.describe(a); err != nil {
			return rule{}, err
		}
	}
	if err := out.lintScope(found); err != nil {
		return rule{}, err
	}
	out.reads = g.reads(m.Package.Path.Append(ast.StringTerm(name)))
	if s.Name != BuiltIn {
		return out, nil
	}
	if len(found) == 0 {
		return rule{}, &Error{File: out.file, Line: out.line, Msg: "the rule has no METADATA", Hint: "put # METADATA above its package"}
	}
	a := found[0]
	if severity, _ := a.Custom["severity"].(string); a.Title == "" || severity == "" || a.Custom["id"] == nil || out.Description == "" || out.Remediation == "" {
		return rule{}, &Error{File: out.file, Line: a.Location.Row, Msg: "METADATA lacks a title, description, id, severity or remediation", Hint: "see another rule of the library"}
	}
	return out, nil
}

// lintScope refuses a match by objects in a rule that looks at all of them
// together: nothing would follow it.
func (r rule) lintScope(found []*ast.Annotations) error {
	keys := r.match.byObject()
	if r.scope == scopeObject || len(keys) == 0 {
		return nil
	}
	at := &ast.Location{File: r.file, Row: r.line}
	for _, a := range found {
		if a.Custom["match"] != nil {
			at = a.Location
		}
	}
	return &Error{File: at.File, Line: at.Row, Msg: fmt.Sprintf("METADATA: custom.match: %s cannot be for a rule of the scope %s, which sees all objects together", strings.Join(keys, " and "), r.scope), Hint: "select the objects in the rule, or give it the scope object"}
}

// annotations are those of the package, then of the document, then of the rule:
// the later ones are closer, and win.
func annotations(compiler *ast.Compiler, m *ast.Module, r *ast.Rule) []*ast.Annotations {
	set := compiler.GetAnnotationSet()
	if set == nil {
		return nil
	}
	var out []*ast.Annotations
	if a := set.GetPackageScope(m.Package); a != nil {
		out = append(out, a)
	}
	if a := set.GetDocumentScope(r.Ref().GroundPrefix()); a != nil {
		out = append(out, a)
	}
	return append(out, set.GetRuleScope(r)...)
}

// describe takes over what one METADATA block says.
func (r *rule) describe(a *ast.Annotations) error {
	fault := func(msg, hint string) error {
		return &Error{File: a.Location.File, Line: a.Location.Row, Msg: "METADATA: " + msg, Hint: hint}
	}
	var c custom
	data, err := json.Marshal(a.Custom)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return fault("custom: "+err.Error(), "see the METADATA of a built-in rule")
	}
	if r.Level, err = level(c.Severity, r.Level); err != nil {
		return fault(err.Error(), "write error, warning or note")
	}
	if c.Match != nil {
		if r.match, err = parseMatch(c.Match); err != nil {
			return fault("custom.match: "+err.Error(), "match takes kinds, operations, namespaces, environments and environmentLabels")
		}
	}
	if r.scope, err = parseScope(c.Scope, r.scope); err != nil {
		return fault("custom.scope: "+err.Error(), "write object, environment, combine or fleet")
	}
	r.ID = cmp.Or(c.ID, r.ID)
	r.Title = cmp.Or(a.Title, r.Title)
	r.Description = cmp.Or(strings.TrimSpace(a.Description), r.Description)
	r.Remediation = brief(cmp.Or(strings.TrimSpace(c.Remediation), r.Remediation))
	r.Tags = append(r.Tags, c.Tags...)
	if len(a.RelatedResources) > 0 {
		r.HelpURL = a.RelatedResources[0].Ref.String()
	}
	if c.Enabled != nil {
		r.enabled = *c.Enabled
	}
	if c.Waivable != nil {
		r.NotWaivable = !*c.Waivable
	}
	if c.EffectiveOn != "" {
		// Without quotes YAML takes a day for a moment.
		if r.effective, err = time.Parse(verdict.Date, strings.TrimSuffix(c.EffectiveOn, "T00:00:00Z")); err != nil {
			return fault(fmt.Sprintf("custom.effective_on: %q is not a day", c.EffectiveOn), "write it as 2027-01-31")
		}
	}
	if c.BuiltinErrors != "" {
		if !slices.Contains([]string{builtinError, builtinWarn, builtinIgnore}, c.BuiltinErrors) {
			return fault(fmt.Sprintf("custom.builtin_errors: %q is not known", c.BuiltinErrors), "write error, warning or ignore")
		}
		r.builtinErrors = c.BuiltinErrors
	}
	r.OnChange = r.match.changing()
	for name, p := range c.Parameters {
		if r.parameters == nil {
			r.parameters = map[string]parameter{}
		}
		r.parameters[name] = p
	}
	return nil
}

// level reads a severity. Beside Penstock's own words it knows those that
// policies of other tools have in their METADATA.
func level(severity string, fallback verdict.Level) (verdict.Level, error) {
	switch strings.ToLower(severity) {
	case "":
		return fallback, nil
	case "error", "critical", "high":
		return verdict.Error, nil
	case "warning", "warn", "medium":
		return verdict.Warning, nil
	case "note", "info", "informational", "low":
		return verdict.Note, nil
	}
	return "", fmt.Errorf("the severity %q is not known", severity)
}
