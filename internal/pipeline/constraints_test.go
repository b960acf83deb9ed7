package pipeline_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

const noLatest = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8snolatest}
spec:
  crd: {spec: {names: {kind: K8sNoLatest}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package k8snolatest
      violation[{"msg": msg, "details": {"image": c.image}}] {
        c := input.review.object.spec.containers[_]
        endswith(c.image, ":latest")
        msg := sprintf("container %v is not pinned", [c.name])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sNoLatest
metadata: {name: pods}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}
`

const pinned = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
`

// TestConstraintsOfTheRepository: the constraints that a cluster holds at base
// judge the change in its environment, and in no other one. They are rules of
// the run like any others, also where they are the only ones.
func TestConstraintsOfTheRepository(t *testing.T) {
	base := map[string]string{
		"clusters/dev/web.yaml":             pinned,
		"clusters/prod/gatekeeper.yaml":     noLatest,
		"clusters/prod/web.yaml":            pinned,
		"clusters/stage/kustomization.yaml": "resources: [gatekeeper.yaml, ../../base]\nimages: [{name: web, newTag: latest}]\n",
		"clusters/stage/gatekeeper.yaml":    strings.Replace(noLatest, "spec:\n  match", "spec:\n  enforcementAction: warn\n  match", 1),
		"base/kustomization.yaml":           "resources: [web.yaml]\n",
		"base/web.yaml":                     pinned,
	}
	head := map[string]string{}
	for name, text := range base {
		head[name] = strings.Replace(text, "image: web:1", "image: web:latest", 1)
	}
	head["clusters/prod/more.yaml"] = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sNoLatest\nmetadata: {name: everything}\n"
	pool := render.NewPool(render.PoolOptions{})
	defer func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}()
	engine, err := policies.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := write(t, base)
	c, err := change.Open(t.Context(), change.Options{BaseDir: dir, HeadDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	covered, err := pipeline.Cover(t.Context(), pipeline.Options{Change: c, Config: config.Default(), Renderer: pool, Judge: engine})
	if err := errors.Join(err, c.Close()); err != nil || len(covered.Loaded) != 1 || len(covered.Rules) != 1 || covered.Rules[0].Applied != 2 {
		t.Errorf("a constraint of two environments: got %+v, %v", covered, err)
	}
	r := runWith(t, pipeline.Options{Config: config.Default(), Renderer: pool, Judge: engine}, dir, write(t, head))
	var got []string
	for _, f := range r.Findings {
		got = append(got, fmt.Sprintf("%s %s %s %s:%d", f.Environment, f.Baseline, f.Level, f.Location.File, f.Location.Line))
		if f.Rule != "gatekeeper/k8snolatest/pods" || f.Container != "web" || f.Path != "/spec/template/spec/containers/0/image" || f.Message != "in its Pods: container web is not pinned" {
			t.Errorf("got %+v", f)
		}
	}
	if want := []string{"prod new error clusters/prod/web.yaml:11", "stage unchanged warning base/web.yaml:11"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(r.Rules) != 1 || r.Rules[0].ID != "gatekeeper/k8snolatest/pods" || r.Rules[0].Source != "clusters/prod/gatekeeper.yaml:16" || r.Counts.Rules != 1 {
		t.Errorf("got %+v, %d", r.Rules, r.Counts.Rules)
	}
	if r.Verdict.Outcome != verdict.Fail {
		t.Errorf("got %+v", r.Verdict)
	}
	if !slices.ContainsFunc(r.NotEvaluated, func(e verdict.Entry) bool {
		return e.Environment == "prod" && e.Object.Name == "everything" && e.Reason == verdict.Off && strings.Contains(e.Detail, "in force once this is merged")
	}) {
		t.Errorf("got %+v", r.NotEvaluated)
	}
}
