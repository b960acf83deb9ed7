package dryrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"sigs.k8s.io/yaml"
)

// An object is answered by the definition that was stored last: from the first
// request on, in each of its versions, and also by those that have just come.
func TestChangedDefinitionAnswersAtOnce(t *testing.T) {
	f := newFleet(Options{})
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

// What does not come to be is a fault that says for what was waited, after a
// time that is bounded; what comes late is none.
func TestAwait(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name    string
		look    func(waited time.Duration) error
		want    string
		waiting time.Duration
	}{
		{name: "at once", look: func(time.Duration) error { return nil }},
		{name: "late", look: func(waited time.Duration) error {
			if waited < time.Second {
				return &pending{"it is not established", definitionPatience}
			}
			return nil
		}, waiting: time.Second},
		{name: "never", look: func(time.Duration) error {
			return &pending{"the definition before it still answers for v1", definitionPatience}
		}, want: "the API server does not serve its kind by it: after 10s the definition before it still answers for v1", waiting: definitionPatience},
		{name: "refused", look: func(time.Duration) error { return &pending{"its names are not accepted", namesPatience} },
			want: "the API server does not serve its kind by it: after 2s its names are not accepted", waiting: namesPatience},
		{name: "no answer", look: func(time.Duration) error { return broken }, want: "broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := await(t.Context(), func() error { return tt.look(time.Since(start)) })
				if got := fmt.Sprint(err); err != nil && got != tt.want || err == nil && tt.want != "" {
					t.Errorf("got %v, want %s", err, tt.want)
				}
				if waited := time.Since(start); waited < tt.waiting || waited > tt.waiting+10*definitionGlance {
					t.Errorf("it waited %s, want %s", waited, tt.waiting)
				}
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := await(ctx, func() error { return &pending{"never", definitionPatience} }); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled wait says %v", err)
	}
}

func TestCondition(t *testing.T) {
	const named = `{spec: {names: {kind: Widget, plural: widgets}}, status: `
	tests := []struct{ live, want string }{
		{named + `{}}`, "it is not established"},
		{named + `{acceptedNames: {kind: Widget, plural: widgets}, conditions: [{type: NamesAccepted, status: "True"}, {type: Established, status: "False"}]}}`, "it is not established"},
		{named + `{acceptedNames: {kind: Widget, plural: widgets}, conditions: [{type: NamesAccepted, status: "True"}, {type: Established, status: "True"}]}}`, ""},
		// The conditions are those of the names before.
		{named + `{acceptedNames: {kind: Widget, plural: widgets, shortNames: [w]}, conditions: [{type: NamesAccepted, status: "True"}, {type: Established, status: "True"}]}}`, "its names are not accepted"},
		{named + `{acceptedNames: {kind: Widget}, conditions: [{type: NamesAccepted, status: "False", message: '"widgets" is already in use'}, {type: Established, status: "True"}]}}`, `its names are not accepted: "widgets" is already in use`},
		{named + `{conditions: [{type: NamesAccepted, status: "False"}]}}`, "its names are not accepted: they are refused without a reason"},
	}
	for _, tt := range tests {
		var live map[string]any
		if err := yaml.Unmarshal([]byte(tt.live), &live); err != nil {
			t.Fatal(err)
		}
		err := condition(live)
		if err == nil && tt.want != "" || err != nil && err.Error() != tt.want {
			t.Errorf("%s: got %v, want %q", tt.live, err, tt.want)
		}
	}
}
