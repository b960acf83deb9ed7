package dryrun_test

import (
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
)

const changeOfFewRights = `
-- base.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: old, namespace: other}
-- head.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: other}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: a, namespace: shop}
spec: {schedule: "@daily", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: example.com/a:1}]}}}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: fresh}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: fresh}
`

const answerToFewRights = `not tried (failed) 
  - ci lacks 6 of the 10 rights that a dry-run of this change needs on the cluster ci 1.36: create, delete, patch configmaps in other, create, patch namespaces, create pods in shop — a dry-run is authorized as the write that it tries; give the user a ClusterRole with rules: [{apiGroups: [""], resources: [namespaces], verbs: [create, patch]}], and a Role in other with rules: [{apiGroups: [""], resources: [configmaps], verbs: [create, delete, patch]}], and a Role in shop with rules: [{apiGroups: [""], resources: [pods], verbs: [create]}]; penstock doctor --dry-run=cluster prints the roles for all of the environment
not tried (blocked) Namespace fresh
  head.yaml:14 the user of the dry-run may not create, patch namespaces
ConfigMap fresh a
  tried on embedded 1.36: it depends on the Namespace fresh, which the cluster does not have as this change leaves it
not tried (blocked) ConfigMap other a
  head.yaml:5 the user of the dry-run may not create, patch configmaps in other
not tried (blocked) ConfigMap other old
  base.yaml:1 the user of the dry-run may not delete configmaps in other
not tried (blocked) CronJob shop a
  head.yaml:9 the user of the dry-run may not create pods in shop
tried 2 on cluster ci 1.36; 1 of 6 objects on embedded 1.36
rollback not-evaluated nothing is stored on a live cluster, so that there is no head to go back from — --dry-run=embedded tries it
`

// Missing rights are told once, with what gives them; what the user may try is
// tried, and nothing is sent of the rest.
func TestMissingRights(t *testing.T) {
	client, file := cluster(t)
	letIn(t, client)
	before := everything(t, client)
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: actingAs(t, file)})
	in := input(t, txtar.Parse([]byte(changeOfFewRights)))
	in.Environment.Context = "ci"
	result, err := runner.Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := transcript(in, result); got != answerToFewRights {
		t.Errorf("got\n%s\nwant\n%s", got, answerToFewRights)
	}
	if after := everything(t, client); after != before {
		t.Errorf("the cluster was\n%s\nand is\n%s", before, after)
	}
	for _, e := range result.Entries {
		if strings.Contains(e.Detail, "cannot patch") {
			t.Errorf("asked in spite of the missing right: %s", e.Detail)
		}
	}
}
