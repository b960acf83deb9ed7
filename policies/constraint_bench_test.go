package policies_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/policies"
)

// benchTemplates are written as those of the common libraries are: over all
// containers, with helper functions, and with labels.
func benchTemplates() map[string]string {
	const containers = `
input_containers[c] { c := input.review.object.spec.containers[_] }
input_containers[c] { c := input.review.object.spec.initContainers[_] }
`
	return map[string]string{
		"K8sPrivileged": `package k8sprivileged
violation[{"msg": msg, "details": {}}] {
  c := input_containers[_]
  not is_exempt(c)
  c.securityContext.privileged
  msg := sprintf("Privileged container is not allowed: %v", [c.name])
}
is_exempt(c) { image := c.image; exempt := input.parameters.exemptImages[_]; startswith(image, exempt) }` + containers,
		"K8sRepos": `package k8srepos
violation[{"msg": msg}] {
  c := input_containers[_]
  satisfied := [good | repo := input.parameters.repos[_]; good := startswith(c.image, repo)]
  not any(satisfied)
  msg := sprintf("container <%v> has an invalid image repo <%v>, allowed repos are %v", [c.name, c.image, input.parameters.repos])
}` + containers,
		"K8sLabels": `package k8slabels
violation[{"msg": msg, "details": {"missing_labels": missing}}] {
  provided := {label | input.review.object.metadata.labels[label]}
  required := {label | label := input.parameters.labels[_].key}
  missing := required - provided
  count(missing) > 0
  msg := sprintf("you must provide labels: %v", [missing])
}`,
		"K8sLimits": `package k8slimits
violation[{"msg": msg}] {
  c := input_containers[_]
  not c.resources.limits[input.parameters.resource]
  msg := sprintf("container <%v> has no <%v> limit", [c.name, input.parameters.resource])
}` + containers,
	}
}

// BenchmarkConstraints judges Deployments, and the Pods that they make, by 48
// constraints of four templates.
func BenchmarkConstraints(b *testing.B) {
	var files []string
	for kind, rego := range benchTemplates() {
		files = append(files, "policies/"+kind+".yaml", templateOf(kind, rego))
		for i := range 12 {
			match := "{kinds: [{apiGroups: [''], kinds: [Pod]}], excludedNamespaces: [kube-system]}"
			if i%3 == 0 {
				match = "{kinds: [{apiGroups: [apps], kinds: [Deployment]}], labelSelector: {matchExpressions: [{key: skip, operator: DoesNotExist}]}}"
			}
			parameters := fmt.Sprintf("{exemptImages: [a%d/], repos: [nginx, b%d/], labels: [{key: app}, {key: c%d}], resource: memory}", i, i, i)
			files = append(files, fmt.Sprintf("policies/%s-%d.yaml", kind, i), constraintOf(kind, fmt.Sprintf("c%d", i), "\n  match: "+match+"\n  parameters: "+parameters))
		}
	}
	engine, err := loadArchive(b.Context(), archive(files...))
	if err != nil {
		b.Fatal(err)
	}
	base, head := copies(b, 1000, "1"), copies(b, 1000, "2")
	for name, deltas := range map[string][]diff.Delta{"unchanged": nil, "updated": diff.Compare(base, head)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			in := policies.Input{Environment: config.Environment{Name: "prod"}, Base: base, Head: head, Deltas: deltas, Now: time.Unix(0, 0)}
			if deltas == nil {
				in.Base = head
			}
			for b.Loop() {
				if _, err := engine.Evaluate(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(engine.Rules())), "rules")
		})
	}
}
