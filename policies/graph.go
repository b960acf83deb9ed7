package policies

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// reads is what a rule depends on, directly or through others, beside the object.
type reads struct {
	inventory, parameters bool
	// private are the rules and functions on the way to the parameters, the rule
	// itself among them: what they give differs from one set of parameters to
	// another. It is in the order in which they were met.
	private []ast.Ref
}

// graph follows the dependencies between rules.
type graph struct {
	compiler *ast.Compiler
	// parameters is where rules find their parameters.
	parameters ast.Ref
	// direct is what each rule reads by itself, as far as it was asked for.
	direct map[*ast.Rule]reads
}

func newGraph(compiler *ast.Compiler) *graph {
	return &graph{compiler, ast.MustParseRef("input.review.parameters"), map[*ast.Rule]reads{}}
}

// newTemplateGraph is for the code of a ConstraintTemplate, which has its
// parameters elsewhere.
func newTemplateGraph(compiler *ast.Compiler) *graph {
	return &graph{compiler, ast.MustParseRef("input.parameters"), map[*ast.Rule]reads{}}
}

// reads is what the rules of a path depend on. A reference that goes on with a
// variable counts for everything that it may reach.
func (g *graph) reads(path ast.Ref) reads {
	var out reads
	reached := map[*ast.Rule]reads{}
	for _, r := range g.compiler.GetRulesExact(path) {
		// To OPA, an else is a dependency of those that refer to the rule, and not
		// of the rule itself.
		for branch := r; branch != nil; branch = branch.Else {
			found := g.follow(branch, reached, &out.private)
			out.inventory = out.inventory || found.inventory
			out.parameters = out.parameters || found.parameters
		}
	}
	return out
}

// follow is what one rule depends on. Rego has no recursion, so that it ends.
func (g *graph) follow(r *ast.Rule, reached map[*ast.Rule]reads, private *[]ast.Ref) reads {
	if found, ok := reached[r]; ok {
		return found
	}
	out, ok := g.direct[r]
	if !ok {
		out = g.directly(r)
		g.direct[r] = out
	}
	for next := range g.compiler.Graph.Dependencies(r) {
		if next, ok := next.(*ast.Rule); ok {
			found := g.follow(next, reached, private)
			out.inventory = out.inventory || found.inventory
			out.parameters = out.parameters || found.parameters
		}
	}
	if out.parameters {
		*private = append(*private, r.Ref().GroundPrefix())
	}
	reached[r] = out
	return out
}

// directly is what the text of a rule reads.
func (g *graph) directly(r *ast.Rule) reads {
	var out reads
	inventory := ast.MustParseRef("data.inventory")
	ast.WalkRefs(r, func(ref ast.Ref) bool {
		out.inventory = out.inventory || mayReach(ref, inventory)
		out.parameters = out.parameters || mayReach(ref, g.parameters)
		return false
	})
	ast.WalkTerms(r, func(t *ast.Term) bool {
		// input and data as a whole are variables, not references.
		out.inventory = out.inventory || t.Equal(ast.DefaultRootDocument)
		out.parameters = out.parameters || t.Equal(ast.InputRootDocument)
		_, isRef := t.Value.(ast.Ref)
		return isRef
	})
	return out
}

// mayReach reports whether a reference is, contains or lies in what target names.
func mayReach(ref, target ast.Ref) bool {
	if !ref[0].Equal(target[0]) {
		return false
	}
	for i := 1; i < min(len(ref), len(target)); i++ {
		if _, ground := ref[i].Value.(ast.String); ground && !ref[i].Equal(target[i]) {
			return false
		}
	}
	return true
}

// layers is the cache of one rule that has parameters: what depends on them is
// its own, and everything else is shared with the other rules that look at the
// same object.
type layers struct {
	shared, own topdown.VirtualCache
	private     []ast.Ref
}

// of is the layer of a document, or of the call of a function, whose key is the
// reference to the function and its arguments.
func (l layers) of(ref ast.Ref) topdown.VirtualCache {
	if function, ok := ref[0].Value.(ast.Ref); ok {
		ref = function
	}
	for _, p := range l.private {
		if mayReach(ref, p) {
			return l.own
		}
	}
	return l.shared
}

// Get implements topdown.VirtualCache.
func (l layers) Get(ref ast.Ref) (*ast.Term, bool) { return l.of(ref).Get(ref) }

// Put implements topdown.VirtualCache.
func (l layers) Put(ref ast.Ref, value *ast.Term) { l.of(ref).Put(ref, value) }

// Push implements topdown.VirtualCache.
func (l layers) Push() {
	l.shared.Push()
	l.own.Push()
}

// Pop implements topdown.VirtualCache.
func (l layers) Pop() {
	l.shared.Pop()
	l.own.Pop()
}

// Keys implements topdown.VirtualCache.
func (l layers) Keys() []ast.Ref { return append(l.shared.Keys(), l.own.Keys()...) }
