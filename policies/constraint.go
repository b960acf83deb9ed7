package policies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// constraint is what makes a rule one of Gatekeeper's: it has a template for
// its code, and says itself to what it applies.
type constraint struct {
	gatekeeper.Match
	// parameters are those of the constraint over the defaults of the template.
	parameters *ast.Term
	// namespace says that the template reads the Namespace of the object.
	namespace bool
	// template is its code, which other constraints may have as well.
	template *template
}

// blocked is why a constraint cannot be evaluated, though nothing is wrong with it.
type blocked struct{ why string }

func (b *blocked) Error() string { return b.why }

// newConstraint makes a rule of a constraint. The error is a *blocked when the
// constraint cannot be evaluated here, an *Error when it or its template is wrong.
func (c *templateCache) newConstraint(ctx context.Context, k *gatekeeper.Constraint, t *gatekeeper.Template) (rule, error) {
	out := describeConstraint(k, t)
	switch {
	case t == nil:
		return out, &Error{File: fileOf(k.Object.Locate(""), k.Object), Line: out.line, Msg: fmt.Sprintf("there is no ConstraintTemplate for the kind %s", k.Kind), Hint: "add the template; it is looked for in the environment at base, and in the directories of policies"}
	case t.Rego == nil:
		return out, &blocked{"its template is not evaluated: " + t.Why}
	}
	compiled, err := c.get(ctx, t.Rego)
	switch {
	case err != nil:
		return out, err
	case compiled.err != nil:
		return out, compiled.err
	case compiled.why != "":
		return out, &blocked{"its template is not evaluated: " + compiled.why}
	}
	parameters, err := parametersFor(ctx, c.left, k, t)
	if err != nil {
		return out, err
	}
	value, err := ast.InterfaceToValue(parameters)
	if err != nil {
		return out, fmt.Errorf("reading the parameters of %s: %w", k.ID(), err)
	}
	out.query, out.reads = compiled.query, compiled.reads
	out.constraint = &constraint{k.Match, ast.NewTerm(value), compiled.namespace, compiled}
	// Labels of a namespace are as much of the set as the inventory is: what the
	// constraint says of an object may change without the object.
	out.reads.inventory = out.reads.inventory || compiled.namespace || k.Match.NamespaceSelector != nil
	return out, nil
}

// describeConstraint is the rule without what it takes to run it.
func describeConstraint(k *gatekeeper.Constraint, t *gatekeeper.Template) rule {
	at := k.Object.Locate("")
	out := rule{ref: k.ID(), pkg: k.ID(), file: at.File, line: at.Line, enabled: true}
	out.Rule = verdict.Rule{ID: k.ID(), Title: k.Kind + " " + k.Name, Level: levelOf(k.Action), Tags: []string{"gatekeeper"}}
	if t != nil {
		out.Title, out.Description = t.Title()+" ("+k.Name+")", t.Description()
	}
	if at.File != "" {
		out.Source = place(at.File, at.Line)
	}
	return out
}

// levelOf is the level of what Gatekeeper would deny, warn of, or only record.
func levelOf(action gatekeeper.Action) verdict.Level {
	switch action {
	case gatekeeper.Warn:
		return verdict.Warning
	case gatekeeper.DryRun:
		return verdict.Note
	}
	return verdict.Error
}

// errSchema says that the parameters of a constraint do not fit the schema of
// its template.
var errSchema = errors.New("the parameters do not fit the schema of the template")

// parametersFor checks the parameters of a constraint as the API server does,
// and sets the defaults.
func parametersFor(ctx context.Context, left *leftovers, k *gatekeeper.Constraint, t *gatekeeper.Template) (any, error) {
	fault := func(pointer, format string, args ...any) error {
		at := k.Object.Locate("/spec/parameters" + pointer)
		e := &Error{File: fileOf(at, k.Object), Line: at.Line, Msg: "spec.parameters: " + fmt.Sprintf(format, args...), Hint: "see spec.crd.spec.validation.openAPIV3Schema of the ConstraintTemplate " + t.Object.ID().Name}
		return fmt.Errorf("%w: %w", errSchema, e)
	}
	if unknown := t.UnknownParameters(k.Parameters); len(unknown) > 0 {
		return nil, fault(unknown[0], "the template has no parameter %s", strings.ReplaceAll(unknown[0][1:], "/", "."))
	}
	parameters := t.Defaulted(k.Parameters)
	if schema := t.JSONSchema(); schema != nil && k.Parameters != nil {
		wrong, err := violates(ctx, left, parameters, schema)
		if err != nil && hostile(err) {
			at := t.Object.Locate("/spec/crd/spec/validation/openAPIV3Schema")
			return nil, &Error{File: fileOf(at, t.Object), Line: at.Line, Msg: fmt.Sprintf("checking the parameters of %s with the schema of the template: %s", k.ID(), err), Hint: simpler(err, "make the schema simpler")}
		}
		if err != nil {
			return nil, fmt.Errorf("checking the parameters of %s: %w", k.ID(), err)
		}
		if wrong != "" {
			return nil, fault("", "%s", wrong)
		}
	}
	return parameters, nil
}

// asError is a fault in an object of Gatekeeper as an error of the policies.
func asError(f *gatekeeper.Fault) *Error {
	return &Error{File: fileOf(f.Place, f.Object), Line: f.Place.Line, Msg: f.Object.ID().Kind + " " + f.Object.ID().Name + ": " + f.Msg, Hint: "see what Gatekeeper says of it: `kubectl apply --dry-run=server`"}
}

// fileOf is the file of a place, or the object where it has none.
func fileOf(at manifest.Position, o *manifest.Object) string {
	if at.File == "" {
		return o.ID().String()
	}
	return at.File
}

// sameSpec reports whether two objects ask for the same.
func sameSpec(a, b *manifest.Object) bool {
	one, errOne := json.Marshal(a.Fields()["spec"])
	two, errTwo := json.Marshal(b.Fields()["spec"])
	return errOne == nil && errTwo == nil && string(one) == string(two)
}
