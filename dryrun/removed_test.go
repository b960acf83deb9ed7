package dryrun

import (
	"fmt"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const removedBase = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {team: a, app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example.com/web:1
        env: [{name: A, value: a}, {name: B, value: b}]
      - {name: side, image: 'example.com/side:1'}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: web, labels: {team: a, app: web}}
spec: {sizes: [1, 2], colour: red}
`

const removedHead = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example.com/web:1
        env: [{name: B, value: b}]
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: web, labels: {app: web}}
spec: {sizes: [2]}
`

const widgetDefinition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {sizes: {type: array, items: {type: integer}}, colour: {type: string}}}}}}
`

// What head leaves out is gone afterwards, however it is applied, and what
// somebody else has added stays, unless the object is replaced.
func TestRemovedFieldsAreRemoved(t *testing.T) {
	f := newFleet(Options{})
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	for _, env := range []config.Environment{
		{}, {AppliedBy: config.Flux}, {AppliedBy: config.HelmCLI}, {AppliedBy: config.Helm3},
		{AppliedBy: config.ArgoCD}, {AppliedBy: config.ArgoCD, ApplyOptions: []string{config.ServerSideApply}},
		{AppliedBy: config.ArgoCD, ApplyOptions: []string{config.Replace}},
		{AppliedBy: config.Kubectl}, {AppliedBy: config.KubectlServerSide},
	} {
		t.Run(fmt.Sprint(env.AppliedBy, env.ApplyOptions), func(t *testing.T) {
			env.KubernetesVersion = "1.36"
			target, err := f.acquire(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			defer target.release(t.Context())
			s, err := newSession(target, Input{Environment: env})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range append(objects(t, widgetDefinition), objects(t, removedBase)...) {
				if _, err := s.load(t.Context(), o, how{}); err != nil {
					t.Fatal(err)
				}
			}
			for _, o := range objects(t, removedHead) {
				i, err := s.item(o)
				if err != nil {
					t.Fatal(err)
				}
				foreign := []byte(`{"metadata": {"annotations": {"example.com/by": "somebody else"}}}`)
				if _, err := i.resource(s.client).Patch(t.Context(), i.name, types.MergePatchType, foreign, metav1.PatchOptions{FieldManager: "other"}); err != nil {
					t.Fatal(err)
				}
				got, err := s.client.send(t.Context(), i, how{})
				if err != nil {
					t.Fatal(err)
				}
				checkRemoved(t, got.object, s.client.applier.of(i.fields).method == replace)
			}
		})
	}
}

// Helm 3 removes on a live cluster, too, what the release had and head leaves out,
// though nothing is stored there of which it would know.
func TestRemovedFieldsOfALiveRelease(t *testing.T) {
	f := newFleet(Options{})
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	env := config.Environment{AppliedBy: config.Helm3, KubernetesVersion: "1.36"}
	server, err := f.acquire(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	defer server.release(t.Context())
	stored, err := newSession(server, Input{Environment: env})
	if err != nil {
		t.Fatal(err)
	}
	old, head := objects(t, removedBase)[0], objects(t, removedHead)[0]
	if _, err := stored.load(t.Context(), old, how{}); err != nil {
		t.Fatal(err)
	}
	live := *server
	live.live = true
	s, err := newSession(&live, Input{Environment: env})
	if err != nil {
		t.Fatal(err)
	}
	i, err := s.item(head)
	if err != nil {
		t.Fatal(err)
	}
	change := &trial{Delta: diff.Delta{Operation: diff.Update, Object: head, OldObject: old}}
	if _, err := s.sendNew(t.Context(), change, i); err != nil {
		t.Fatal(err)
	}
	got := change.head.object
	if labels, replicas := lookup(got, "/metadata/labels"), lookup(got, "/spec/replicas"); fmt.Sprint(labels, replicas) != "map[app:web] 1" {
		t.Errorf("labels %v and %v replicas are left", labels, replicas)
	}
}

func checkRemoved(t *testing.T, object map[string]any, replaced bool) {
	t.Helper()
	want := map[string]string{
		"/metadata/labels":                      "map[app:web]",
		"/metadata/annotations/example.com~1by": "somebody else",
	}
	if replaced {
		want["/metadata/annotations/example.com~1by"] = "<nil>"
	}
	if object["kind"] == "Widget" {
		want["/spec"] = "map[sizes:[2]]"
	} else {
		want["/spec/replicas"] = "1" // the default
		want["/spec/template/spec/containers/0/env"] = "[map[name:B value:b]]"
		want["/spec/template/spec/containers/1"] = "<nil>"
	}
	for path, value := range want {
		if got := fmt.Sprint(lookup(object, path)); got != value {
			t.Errorf("%s %s: got %s, want %s", object["kind"], path, got, value)
		}
	}
}

func objects(t *testing.T, text string) []*manifest.Object {
	t.Helper()
	docs, err := manifest.Decode("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []*manifest.Object
	for _, d := range docs {
		o, err := manifest.NewObject(d)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

// Nobody applies as somebody who is not known.
func TestUnknownApplier(t *testing.T) {
	if _, err := newApplier(config.Environment{AppliedBy: "somebody"}); err == nil {
		t.Error("somebody who is not known is taken for one who is")
	}
}
