package dryrun

import (
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// On a binary a policy goes on to refuse that may say what no warning can hold;
// the embedded server tells it.
func TestMild(t *testing.T) {
	object := func(kind string, spec map[string]any) *manifest.Object {
		o, err := manifest.NewObject(manifest.Document{File: "a.yaml", Fields: map[string]any{
			"apiVersion": admissionGroup + "/v1", "kind": kind, "metadata": map[string]any{"name": "a"}, "spec": spec,
		}})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	binding := object("ValidatingAdmissionPolicyBinding", map[string]any{"policyName": "a", "validationActions": []any{"Deny"}})
	for _, test := range []struct {
		name       string
		validation map[string]any
		loud       bool
	}{
		{"plain", map[string]any{"expression": "false &&\n\tfalse", "message": "no\n"}, false},
		{"made message", map[string]any{"expression": "false", "messageExpression": "object.data.a"}, true},
		{"tab in the message", map[string]any{"expression": "false", "message": "a\tb"}, true},
		{"tab in text", map[string]any{"expression": "object.data.a == 'a\tb'"}, true},
	} {
		set, err := manifest.NewSet(object("ValidatingAdmissionPolicy", map[string]any{"validations": []any{test.validation}}), binding)
		if err != nil {
			t.Fatal(err)
		}
		for _, binary := range []bool{false, true} {
			s := &session{target: &target{binary: binary}, in: Input{Base: set, Head: set}}
			s.client.denying = &denying{pair: map[[2]string]bool{}}
			actions, _ := child(s.mild(binding).Fields()["spec"], "validationActions").([]any)
			refuses := len(actions) == 1 && actions[0] == "Deny"
			if want := binary && test.loud; refuses != want || s.client.denying.has("a", "a") == want {
				t.Errorf("%s, binary %t: %v", test.name, binary, actions)
			}
		}
	}
}

// A policy that a binary may ignore is listed, and no other.
func TestUnheeded(t *testing.T) {
	limit, config := schema.GroupKind{Group: "example.com", Kind: "Limit"}, schema.GroupKind{Kind: "ConfigMap"}
	for _, test := range []struct {
		binary  bool
		failure string
		kind    schema.GroupKind
		want    bool
	}{
		{true, "Ignore", limit, true},
		{false, "Ignore", limit, false},
		{true, "Fail", limit, false},
		{true, "Ignore", config, false},
	} {
		policy, err := manifest.NewObject(manifest.Document{File: "a.yaml", Fields: map[string]any{
			"apiVersion": admissionGroup + "/v1", "kind": "ValidatingAdmissionPolicy", "metadata": map[string]any{"name": "a"},
			"spec": map[string]any{
				"failurePolicy": test.failure, "paramKind": map[string]any{"apiVersion": test.kind.Group + "/v1", "kind": test.kind.Kind},
			},
		}})
		if err != nil {
			t.Fatal(err)
		}
		s := &session{target: &target{binary: test.binary}}
		if got := s.unheeded(policy, test.kind) != ""; got != test.want {
			t.Errorf("%+v: %t", test, got)
		}
	}
}
