package pipeline

import (
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// Definitions are read for custom resources of the change, and for those that a
// policy of either side takes for parameters.
func TestDefinitionsOf(t *testing.T) {
	set := func(kind, apiVersion string) *manifest.Set {
		o, err := manifest.NewObject(manifest.Document{File: "a.yaml", Fields: map[string]any{
			"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": "a"},
			"spec": map[string]any{"paramKind": map[string]any{"apiVersion": "example.com/v1", "kind": "Limit"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := manifest.NewSet(o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	none, err := manifest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	policy := set("ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1")
	given := set("CustomResourceDefinition", "apiextensions.k8s.io/v1")
	d := &definitions{files: map[string][]string{"prod": {"crds.yaml"}}, sets: map[string]*manifest.Set{"crds.yaml": given}}
	for _, test := range []struct {
		name       string
		base, head *manifest.Set
		want       *manifest.Set
	}{
		{"what every cluster knows", none, set("ConfigMap", "v1"), nil},
		{"a custom resource", none, set("Limit", "example.com/v1"), given},
		{"parameters of a policy of base", policy, policy, given},
		{"parameters of a policy of head", none, policy, given},
	} {
		in := dryrun.Input{Environment: config.Environment{Name: "prod"}, Base: test.base, Head: test.head, Deltas: diff.Compare(test.base, test.head)}
		got, err := d.of(Options{}, in)
		if err != nil || got != test.want {
			t.Errorf("%s: got %v, %v", test.name, got, err)
		}
	}
}
