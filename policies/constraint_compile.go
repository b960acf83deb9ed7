package policies

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

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
	left *leftovers
	// limit is how long a template may be waited for, by all together.
	limit    time.Duration
	mu       sync.Mutex
	compiled map[string]*attempt[*template]
}

func newTemplateCache(left *leftovers) *templateCache {
	return &templateCache{left: left, limit: loadTimeout, compiled: map[string]*attempt[*template]{}}
}

// maxRego bounds the code of a template, in bytes: etcd takes no larger request
// (https://etcd.io/docs/v3.6/dev-guide/limit/).
const maxRego = 3 << 19

// get compiles a template. The code may be that of a stranger: what takes longer
// than a patient ctx lets it is given up, as its own error says: by this caller,
// while others, who may have more time left, still wait for the same compilation,
// as long as its own limit lets them. The error that is returned is that of the run.
func (c *templateCache) get(ctx context.Context, r *gatekeeper.Rego) (*template, error) {
	size := len(r.Main.Text)
	for _, s := range r.Libs {
		size += len(s.Text)
	}
	if size > maxRego {
		return &template{err: uncompiled(r, fmt.Errorf("its Rego is %d KiB long, and no API server takes more than %d", size>>10, maxRego>>10))}, nil
	}
	var key strings.Builder
	fmt.Fprint(&key, r.V1)
	for _, s := range append([]gatekeeper.Source{r.Main}, r.Libs...) {
		fmt.Fprintf(&key, "\x00%s\x00%d\x00%s", s.File, s.Before, s.Text)
	}
	t, err := c.await(ctx, key.String(), func() (*template, error) { return compileTemplate(r), nil })
	if err != nil && hostile(err) {
		return &template{err: uncompiled(r, err)}, nil
	}
	return t, err
}

// await begins a compilation that nobody has begun, and waits for it. That there
// was no room for it is not remembered, and neither is whose time ran out.
func (c *templateCache) await(ctx context.Context, key string, compile func() (*template, error)) (*template, error) {
	a, err := c.attempt(ctx, key, compile)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithDeadlineCause(ctx, a.begun.Add(c.limit), &errImpatient{c.limit, "all environments"})
	defer cancel()
	return a.wait(ctx)
}

func (c *templateCache) attempt(ctx context.Context, key string, compile func() (*template, error)) (*attempt[*template], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.compiled[key]; a != nil {
		return a, nil
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err // others took all the time, which says nothing of this one
	}
	a, err := begin(c.left, compile)
	if err == nil {
		c.compiled[key] = a
	}
	return a, err
}

// uncompiled is the error of a template that was given up.
func uncompiled(r *gatekeeper.Rego, err error) *Error {
	return &Error{File: r.Main.File, Line: r.Main.Before + 1, Msg: "compiling the template: " + err.Error(), Hint: simpler(err, "make its Rego simpler; see how long `opa check` takes")}
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
	out := &template{reads: newTemplateGraph(compiler).reads(path)}
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
