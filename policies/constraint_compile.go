package policies

import (
	"cmp"
	"fmt"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// template is a compiled ConstraintTemplate.
type template struct {
	query query
	reads reads
	// namespace says that it reads the Namespace of the object.
	namespace bool
	// why says what it needs and cannot have here; empty if nothing.
	why string
	// err is why it cannot be used.
	err error
}

// templateCache compiles each ConstraintTemplate once for all environments. It
// is safe for concurrent use.
type templateCache struct {
	mu       sync.Mutex
	compiled map[string]func() *template
}

func newTemplateCache() *templateCache {
	return &templateCache{compiled: map[string]func() *template{}}
}

func (c *templateCache) get(r *gatekeeper.Rego) *template {
	var key strings.Builder
	fmt.Fprint(&key, r.V1)
	for _, s := range append([]gatekeeper.Source{r.Main}, r.Libs...) {
		fmt.Fprintf(&key, "\x00%s\x00%d\x00%s", s.File, s.Before, s.Text)
	}
	c.mu.Lock()
	compile, ok := c.compiled[key.String()]
	if !ok {
		compile = sync.OnceValue(func() *template { return compileTemplate(r) })
		c.compiled[key.String()] = compile
	}
	c.mu.Unlock()
	return compile()
}

// compileTemplate compiles a template on its own, in the sandbox of all rules:
// packages of templates and of their libraries collide between templates.
func compileTemplate(r *gatekeeper.Rego) *template {
	modules := map[string]*ast.Module{}
	for i, s := range append([]gatekeeper.Source{r.Main}, r.Libs...) {
		m, err := parseTemplate(r.V1, s)
		if err != nil {
			return &template{err: err}
		}
		if i > 0 && !strings.HasPrefix(m.Package.Path.String()+".", "data.lib.") {
			return &template{err: &Error{File: s.File, Line: m.Package.Location.Row, Msg: "the package of a library must begin with lib", Hint: "name it lib." + strings.TrimPrefix(m.Package.Path.String(), "data.")}}
		}
		modules[fmt.Sprint(i)] = m
	}
	for _, m := range modules {
		if calls(m, "external_data") {
			return &template{why: "it asks an external data provider, which can be asked in the cluster only"}
		}
	}
	main := modules["0"]
	path := main.Package.Path.Append(ast.StringTerm("violation"))
	if !defines(main, "violation") {
		return &template{err: &Error{File: r.Main.File, Line: main.Package.Location.Row, Msg: "the Rego defines no rule violation", Hint: "Gatekeeper asks for the rule violation only"}}
	}
	compiler := ast.NewCompiler().WithCapabilities(capabilities()).WithDefaultRegoVersion(regoVersion(r.V1))
	compiler.Compile(modules)
	if compiler.Failed() {
		return &template{err: regoError(compiler.Errors)}
	}
	if err := foreign(compiler); err != nil {
		return &template{err: err}
	}
	out := &template{reads: newGraph(compiler).reads(path)}
	for _, m := range modules {
		ast.WalkTerms(m, func(t *ast.Term) bool {
			out.namespace = out.namespace || t.Value.Compare(ast.String("namespaceObject")) == 0
			return false
		})
	}
	out.query, out.err = newQuery(compiler, path.String())
	return out
}

func regoVersion(v1 bool) ast.RegoVersion {
	if v1 {
		return ast.RegoV1
	}
	return ast.RegoV0
}

// parseTemplate parses a text so that its rows are the lines of its file.
func parseTemplate(v1 bool, s gatekeeper.Source) (*ast.Module, error) {
	opts := ast.ParserOptions{RegoVersion: regoVersion(v1), Capabilities: capabilities()}
	m, err := ast.ParseModuleWithOpts(s.File, strings.Repeat("\n", s.Before)+s.Text, opts)
	if err != nil {
		return nil, wrapParse(s.File, err)
	}
	if m == nil {
		return nil, &Error{File: s.File, Line: s.Before, Msg: "there is no Rego in the template", Hint: "write a package with the rule violation"}
	}
	return m, nil
}

func defines(m *ast.Module, name string) bool {
	for _, r := range m.Rules {
		if ruleName(r) == name && len(r.Head.Args) == 0 {
			return true
		}
	}
	return false
}

func calls(m *ast.Module, function ast.Var) bool {
	found := false
	ast.WalkRefs(m, func(ref ast.Ref) bool {
		found = found || ref[0].Value.Compare(function) == 0
		return false
	})
	return found
}

// foreign finds a reference to data that a template cannot have: it would be
// undefined, which looks like "no violation".
func foreign(compiler *ast.Compiler) error {
	roots := []ast.Ref{ast.MustParseRef("data.inventory")}
	for _, m := range compiler.Modules {
		roots = append(roots, m.Package.Path)
	}
	var first *ast.Term
	for _, m := range compiler.Modules {
		ast.WalkTerms(m, func(t *ast.Term) bool {
			ref, ok := t.Value.(ast.Ref)
			if !ok || !ref[0].Equal(ast.DefaultRootDocument) || t.Location == nil || known(ref, roots) {
				return false
			}
			if first == nil || before(t.Location, first.Location) {
				first = t
			}
			return false
		})
	}
	if first == nil {
		return nil
	}
	return &Error{File: first.Location.File, Line: first.Location.Row, Msg: fmt.Sprintf("the template refers to %s, which it cannot see", first.Value), Hint: "templates see input, data.inventory and data.lib of their own libraries"}
}

func before(a, b *ast.Location) bool {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col)) < 0
}

func known(ref ast.Ref, roots []ast.Ref) bool {
	for _, root := range roots {
		if ref.HasPrefix(root) {
			return true
		}
	}
	return false
}
