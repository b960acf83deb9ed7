package policies

import (
	"context"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// world is what rules see beside the object: data. It is shared by workers and
// does not change.
type world struct {
	store storage.Store
	txn   storage.Transaction
	// templates is what constraints see: the inventory alone.
	templates *world
	// namespaces are the Namespaces of the set, by name.
	namespaces map[string]*manifest.Object
}

// newWorld holds the data files, the parameters, and the inventory of a set,
// which is left out where it is nil. Constraints see its objects where a cluster
// has them, as far as the scopes tell; for other rules they stay as they are written.
func (e *Engine) newWorld(ctx context.Context, rules []setting, set *manifest.Set, s scopes) (*world, error) {
	data := make(map[string]any, len(e.data)+2)
	for k, v := range e.data {
		data[k] = v
	}
	data["parameters"] = parametersOf(rules)
	if set != nil {
		data["inventory"] = inventory(set.All())
	}
	value, err := ast.InterfaceToValue(data)
	if err != nil {
		return nil, fmt.Errorf("reading the data of the rules: %w", err)
	}
	w, err := openWorld(ctx, value.(ast.Object))
	if err != nil || !slices.ContainsFunc(rules, func(r setting) bool { return r.constraint != nil }) {
		return w, err
	}
	w.namespaces = namespacesOf(set)
	seen := value.(ast.Object).Get(ast.StringTerm("inventory"))
	if at := s.place(set); !slices.Equal(at, set.All()) {
		other, err := ast.InterfaceToValue(inventory(at))
		if err != nil {
			return nil, fmt.Errorf("reading the inventory of constraints: %w", err)
		}
		seen = ast.NewTerm(other)
	}
	w.templates, err = openWorld(ctx, templateData(seen))
	return w, err
}

func openWorld(ctx context.Context, data ast.Object) (*world, error) {
	w := &world{store: inmem.NewFromASTObject(data)}
	var err error
	if w.txn, err = w.store.NewTransaction(ctx); err != nil {
		return nil, fmt.Errorf("opening the data of the rules: %w", err)
	}
	return w, nil
}

// templateData is the part of the data that constraints see.
func templateData(inventory *ast.Term) ast.Object {
	if inventory == nil {
		inventory = ast.ObjectTerm()
	}
	return ast.NewObject(pair("inventory", inventory))
}

func namespacesOf(set *manifest.Set) map[string]*manifest.Object {
	out := map[string]*manifest.Object{}
	for _, o := range set.All() {
		if id := o.ID(); id.Group == "" && id.Kind == "Namespace" {
			out[id.Name] = o
		}
	}
	return out
}

func (w *world) close(ctx context.Context) {
	w.store.Abort(ctx, w.txn)
	if w.templates != nil {
		w.templates.close(ctx)
	}
}

// parametersOf is data.parameters: those of each rule by its ID.
func parametersOf(rules []setting) map[string]any {
	out := map[string]any{}
	for _, r := range rules {
		if len(r.parameters) > 0 {
			out[r.ID] = r.values
		}
	}
	return out
}

// inventory is objects in the layout of Gatekeeper: namespace, apiVersion, kind,
// name; and for objects without a namespace apiVersion, kind, name
// (https://open-policy-agent.github.io/gatekeeper/website/docs/sync).
func inventory(objects []*manifest.Object) map[string]any {
	namespaced, cluster := map[string]any{}, map[string]any{}
	for _, o := range objects {
		at, keys := cluster, []string{o.APIVersion(), o.ID().Kind}
		if ns := o.ID().Namespace; ns != "" {
			at, keys = namespaced, append([]string{ns}, keys...)
		}
		for _, k := range keys {
			next, ok := at[k].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[k] = next
			}
			at = next
		}
		at[o.ID().Name] = o.Fields()
	}
	return map[string]any{"namespace": namespaced, "cluster": cluster}
}

// review makes the inputs of one document. The input is the object itself, plus
// the reserved key review with the fields of an AdmissionReview's request
// (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request),
// parameters and environment.
type review struct {
	doc   *document
	pairs [][2]*ast.Term
}

func newReview(doc *document, old *document, op diff.Operation, environment *ast.Term) review {
	id := doc.object.ID()
	object, oldObject := doc.term, ast.NullTerm()
	if op == diff.Delete {
		object, oldObject = oldObject, doc.term
	} else if old != nil {
		oldObject = old.term
	}
	return review{doc, [][2]*ast.Term{
		pair("operation", ast.StringTerm(string(op))),
		pair("object", object),
		pair("oldObject", oldObject),
		pair("kind", kindTerm(doc.object)),
		pair("namespace", ast.StringTerm(id.Namespace)),
		pair("name", ast.StringTerm(id.Name)),
		pair("environment", environment),
	}}
}

// kindTerm is the group, version and kind of an object.
func kindTerm(o *manifest.Object) *ast.Term {
	id, version := o.ID(), o.APIVersion()
	if id.Group != "" {
		version = version[len(id.Group)+1:]
	}
	return ast.ObjectTerm(pair("group", ast.StringTerm(id.Group)), pair("version", ast.StringTerm(version)), pair("kind", ast.StringTerm(id.Kind)))
}

// input is the document that a rule with these parameters sees.
func (r review) input(parameters *ast.Term) ast.Value {
	n := len(r.pairs)
	inner := ast.NewTerm(ast.NewObject(append(r.pairs[:n:n], pair("parameters", parameters))...))
	outer := make([][2]*ast.Term, 0, len(r.doc.pairs)+1)
	for _, p := range r.doc.pairs {
		if p[0].Value != ast.String("review") {
			outer = append(outer, p)
		}
	}
	return ast.NewObject(append(outer, pair("review", inner))...)
}

func environmentTerm(env config.Environment) *ast.Term {
	labels := ast.NewObject()
	for k, v := range env.Labels {
		labels.Insert(ast.StringTerm(k), ast.StringTerm(v))
	}
	return ast.ObjectTerm(pair("name", ast.StringTerm(env.Name)), pair("labels", ast.NewTerm(labels)), pair("kubernetesVersion", ast.StringTerm(env.KubernetesVersion)))
}

func pair(key string, value *ast.Term) [2]*ast.Term {
	return [2]*ast.Term{ast.StringTerm(key), value}
}
