package policies

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// reviewOf is the review of an object that nobody asks to admit.
func reviewOf(fields map[string]any) map[string]any {
	apiVersion, _ := fields["apiVersion"].(string)
	group, version, found := strings.Cut(apiVersion, "/")
	if !found {
		group, version = "", apiVersion
	}
	review := map[string]any{
		"uid": "", "operation": "", "object": fields, "oldObject": nil,
		"kind": map[string]any{"group": group, "version": version, "kind": fields["kind"]},
	}
	meta, _ := fields["metadata"].(map[string]any)
	for _, key := range []string{"name", "namespace"} {
		if value, ok := meta[key].(string); ok && value != "" {
			review[key] = value
		}
	}
	return review
}

// requestOf is the review that an AdmissionReview holds. A deletion is reviewed
// as the object that is deleted, as in Gatekeeper.
func requestOf(fields map[string]any) (map[string]any, error) {
	request, ok := fields["request"].(map[string]any)
	if !ok {
		return nil, errors.New("the AdmissionReview has no request")
	}
	if request["object"] == nil && request["oldObject"] == nil {
		return nil, errors.New("the request of the AdmissionReview has neither object nor oldObject")
	}
	if request["operation"] != "DELETE" {
		return request, nil
	}
	if request["oldObject"] == nil {
		return nil, errors.New("the request deletes, and has no oldObject")
	}
	review := map[string]any{}
	for k, v := range request {
		review[k] = v
	}
	review["object"] = request["oldObject"]
	return review, nil
}

// testRun is a constraint with an inventory.
type testRun struct {
	*worker
	namespaces map[string]*manifest.Object
}

func (t *tested) open(ctx context.Context, inventoried []*manifest.Object) (*testRun, error) {
	set, err := manifest.NewSet(inventoried...)
	if err != nil {
		return nil, err
	}
	rules := []setting{{rule: t.rule}}
	world, err := (&Engine{}).newWorld(ctx, rules, set, nil) // a suite says itself where its objects are
	if err != nil {
		return nil, err
	}
	ev := &evaluation{in: Input{Now: t.now}, rules: rules, used: make([]atomic.Int64, 1), kept: make([]atomic.Int64, 1), head: world, base: world}
	return &testRun{newWorker(ev), world.namespaces}, nil
}

// messages are those of the violations that the constraint finds in a review.
// Violations with equal message and details are one, as they are for Gatekeeper.
func (t *testRun) messages(ctx context.Context, review map[string]any, generated bool) ([]string, error) {
	c := t.ev.rules[0].constraint
	applies := gatekeeper.No
	for _, key := range []string{"object", "oldObject"} {
		if fields, ok := review[key].(map[string]any); ok && applies != gatekeeper.Yes {
			applies = c.Applies(t.subject(fields, review, generated))
		}
	}
	switch applies {
	case gatekeeper.No:
		return nil, nil
	case gatekeeper.Unknown:
		return nil, errors.New("the constraint asks for labels of the namespace, which the inventory does not hold")
	}
	value, err := ast.InterfaceToValue(review)
	if err != nil {
		return nil, err
	}
	input := ast.NewObject(pair("review", ast.NewTerm(value)), pair("parameters", c.parameters))
	term, err := t.run(ctx, 0, t.ev.head.templates, input, topdown.NewVirtualCache())
	if err != nil || term == nil {
		return nil, err
	}
	objects, err := violationsOf(term)
	var out, seen []string
	for _, o := range objects {
		message, _ := field(o, "msg")
		key := message
		if details := o.Get(ast.StringTerm("details")); details != nil {
			key += "\x00" + details.String()
		}
		if !slices.Contains(seen, key) {
			seen, out = append(seen, key), append(out, message)
		}
	}
	return out, err
}

func (t *testRun) subject(fields, review map[string]any, generated bool) gatekeeper.Subject {
	meta, _ := fields["metadata"].(map[string]any)
	namespace, _ := meta["namespace"].(string)
	if named, ok := review["namespace"].(string); ok && named != "" {
		namespace = named
	}
	out := gatekeeper.Subject{Fields: fields, Namespace: namespace, Generated: generated}
	if o := t.namespaces[namespace]; o != nil {
		out.Labels, out.Known = o.Labels(), true
	}
	return out
}
