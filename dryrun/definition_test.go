package dryrun

import (
	"fmt"
	"slices"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// An object is answered by the definition that was stored last: from the first
// request on, in each of its versions, and also by those that have just come.
func TestChangedDefinitionAnswersAtOnce(t *testing.T) {
	f := newFleet()
	target, err := f.acquire(t.Context(), config.Environment{KubernetesVersion: "1.36"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		target.release(t.Context())
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	s, err := newSession(target, Input{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		if err := s.make(t.Context(), widgets(n)); err != nil {
			t.Fatal(err)
		}
		for _, version := range served(n) {
			if err := tryWidget(t, s, version, n); err != nil {
				t.Errorf("definition %d does not answer for %s: %v", n, version, err)
			}
			if problemsOf(tryWidget(t, s, version, n+1)) == nil {
				t.Errorf("what definition %d does not declare in %s is admitted", n, version)
			}
			if problemsOf(tryWidget(t, s, version, n-1)) == nil {
				t.Errorf("definition %d still answers for %s after the next", n-1, version)
			}
		}
	}
}

// served are the versions that are served in a round.
func served(n int) []string {
	versions := []string{"v1"}
	if n%3 > 0 {
		versions = append(versions, "v2")
	}
	return versions
}

// widgets is a definition with a field of its round.
func widgets(n int) map[string]any {
	schema := map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "properties": map[string]any{
		fmt.Sprintf("field%d", n): map[string]any{"type": "string"},
	}}}
	var versions []any
	for _, name := range []string{"v1", "v2"} {
		versions = append(versions, map[string]any{"name": name, "served": slices.Contains(served(n), name), "storage": name == "v1", "schema": schema})
	}
	o := minimal("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "widgets.example.com")
	o["spec"] = map[string]any{
		"group": "example.com", "scope": "Cluster", "versions": versions,
		"names": map[string]any{"kind": "Widget", "plural": "widgets"},
	}
	return o
}

func tryWidget(t *testing.T, s *session, version string, n int) error {
	t.Helper()
	fields := minimal("example.com/"+version, "Widget", "", "w")
	fields[fmt.Sprintf("field%d", n)] = "x"
	o, err := manifest.NewObject(manifest.Document{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	i, err := s.item(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.client.send(t.Context(), i, how{})
	return err
}
