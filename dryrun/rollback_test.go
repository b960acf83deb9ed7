package dryrun_test

import (
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
)

// A namespace that may not change back is not replaced by force, so that what is
// in it is tried there.
func TestRollbackOfForcedNamespace(t *testing.T) {
	archive := txtar.Parse([]byte(`
-- applier.txt --
flux
-- base.yaml --
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: tier}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [UPDATE], resources: [namespaces]}]}
  validations:
    - expression: "!has(oldObject.metadata.labels.tier) || has(object.metadata.labels.tier)"
      messageExpression: "'the tier stays'"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: tier}
spec: {policyName: tier, validationActions: [Deny]}
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations: {kustomize.toolkit.fluxcd.io/force: enabled}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gone, namespace: shop}
-- head.yaml --
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: tier}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [UPDATE], resources: [namespaces]}]}
  validations:
    - expression: "!has(oldObject.metadata.labels.tier) || has(object.metadata.labels.tier)"
      messageExpression: "'the tier stays'"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: tier}
spec: {policyName: tier, validationActions: [Deny]}
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {tier: gold}
`))
	in := input(t, archive)
	// A binary goes on to refuse by a policy that builds its message; the embedded
	// server stores what such a policy refuses.
	assets := dryrun.Assets{Dir: shelve(t, carried()), Preferred: true}
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Embedded, Assets: assets}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	const want = `warning dry-run/rollback new Namespace shop
  head.yaml:15 
  the way back is refused: ValidatingAdmissionPolicy 'tier' with binding 'tier' denied request: the tier stays; by force, it is deleted first, with all that is in it
`
	if got := transcript(in, result); got != want+"tried 2 on "+result.Backend+"\nrollback prevented\n" {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
