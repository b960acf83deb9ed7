package policies_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/policies"
)

// TestPack: a bundle has rules, what Gatekeeper needs and the data; no tests,
// suites or other files.
func TestPack(t *testing.T) {
	files := fstest.MapFS{
		"p/a/rule.rego":      {Data: []byte("package a\n\nimport data.penstock.lib.workloads\n\ndeny contains \"no\" if count(workloads.containers) > data.most\n")},
		"p/a/rule_test.rego": {Data: []byte("package a_test\n")},
		"p/a/rule_test.yaml": {Data: []byte("name: a\n")},
		"p/data/most.yaml":   {Data: []byte("most: 3\n")},
		"p/template.yaml":    {Data: []byte("apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: k8sno}\nspec:\n  crd: {spec: {names: {kind: K8sNo}}}\n  targets:\n  - target: admission.k8s.gatekeeper.sh\n    rego: |\n      package k8sno\n      violation[{\"msg\": \"no\"}] { input.review.object.spec.no }\n")},
		"p/suite.yaml":       {Data: []byte("apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\n")},
		"p/README.md":        {Data: []byte("hello")},
		"q/a/rule.rego":      {Data: []byte("package q\n\ndeny contains \"no\"\n")},
	}
	p, q := policies.Source{Name: "p", FS: files, Dir: "p"}, policies.Source{Name: "q", FS: files, Dir: "q"}
	with := []policies.Source{policies.Library()}
	packed, data, err := policies.Pack(t.Context(), []policies.Source{p}, with)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(slices.Sorted(maps.Keys(packed)), " "); got != "a/rule.rego template.yaml" || data["most"] == nil {
		t.Errorf("%s, %v", got, data)
	}
	var fault *policies.Error
	if _, _, err := policies.Pack(t.Context(), []policies.Source{p, q}, with); !errors.As(err, &fault) || !strings.Contains(err.Error(), "a/rule.rego twice") {
		t.Error(err)
	}
	constraint := "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sNo\nmetadata: {name: never}\n"
	for name, text := range map[string]string{
		"p/c.json": `{"apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "K8sNo", "metadata": {"name": "never"}}`,
		"p/c.yaml": constraint + "---\napiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\n",
	} {
		more := maps.Clone(files)
		more[name] = &fstest.MapFile{Data: []byte(text)}
		if _, _, err := policies.Pack(t.Context(), []policies.Source{{Name: "p", FS: more, Dir: "p"}}, with); !errors.As(err, &fault) || !strings.Contains(err.Error(), name+": K8sNo.constraints.gatekeeper.sh never would not be in the bundle") {
			t.Errorf("%s: a constraint that is in force was left out: %v", name, err)
		}
	}
	refused := maps.Clone(files)
	wrong := constraint + "spec: {match: {nonsense: true}}\n"
	refused["p/wrong.yaml"] = &fstest.MapFile{Data: []byte(wrong)}
	refused["p/suite.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests: [{name: a, template: template.yaml, constraint: wrong.yaml, invalid: true}]\n")}
	if packed, _, err := policies.Pack(t.Context(), []policies.Source{{Name: "p", FS: refused, Dir: "p"}}, with); err != nil || packed["wrong.yaml"] != nil {
		t.Errorf("a constraint that is wrong on purpose is in the bundle: %v", err)
	}
	refused["p/wrong.yaml"] = &fstest.MapFile{Data: []byte(constraint)}
	if packed, _, err := policies.Pack(t.Context(), []policies.Source{{Name: "p", FS: refused, Dir: "p"}}, with); err != nil || packed["wrong.yaml"] == nil {
		t.Errorf("a constraint that is in force, whatever a suite says, is not in the bundle: %v", err)
	}
	refused["p/wrong.yaml"] = &fstest.MapFile{Data: []byte(wrong + "---\n" + strings.Replace(constraint, "never", "other", 1))}
	if _, _, err := policies.Pack(t.Context(), []policies.Source{{Name: "p", FS: refused, Dir: "p"}}, with); !errors.As(err, &fault) || !strings.Contains(err.Error(), "p/wrong.yaml:1: K8sNo.constraints.gatekeeper.sh never is a test, and K8sNo.constraints.gatekeeper.sh other in the same file is in force") {
		t.Errorf("a test and a constraint were packed together: %v", err)
	}
	broken := policies.Source{Name: "r", FS: fstest.MapFS{"r/a.rego": {Data: []byte("package r\n\ndeny contains http.send({})\n")}}, Dir: "r"}
	if _, _, err := policies.Pack(t.Context(), []policies.Source{broken}, nil); !errors.As(err, &fault) {
		t.Errorf("rules that cannot be loaded were packed: %v", err)
	}
}
