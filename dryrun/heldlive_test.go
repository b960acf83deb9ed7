package dryrun_test

import (
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
)

const heldChange = `
-- applier.txt --
flux
-- base.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: both, namespace: shop, finalizers: [example.com/hold]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: free, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gone, namespace: shop, finalizers: [example.com/hold]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: held, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, namespace: shop, labels: {kustomize.toolkit.fluxcd.io/prune: disabled}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: replaced, namespace: shop, annotations: {kustomize.toolkit.fluxcd.io/force: enabled}}
immutable: true
data: {a: b}
-- head.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: replaced, namespace: shop, annotations: {kustomize.toolkit.fluxcd.io/force: enabled}}
immutable: true
data: {a: c}
`

const tellsHeld = `warning dry-run/deletion-held new ConfigMap shop both
  base.yaml:3 /metadata/finalizers/0
  the deletion waits until the finalizers example.com/hold, example.com/more are taken away; the cluster has example.com/more, and base does not
warning dry-run/deletion-held new ConfigMap shop held
  base.yaml:13 
  the deletion waits until the finalizer example.com/more is taken away; the cluster has example.com/more, and base does not
warning dry-run/deletion-held new ConfigMap shop replaced
  head.yaml:1 
  the old object has to go first, and that waits until the finalizer example.com/more is taken away; the cluster has example.com/more, and base does not
`

// A deletion waits for the finalizers that the cluster has as well, and what the
// cluster does not have waits for none. Who may delete need not read.
func TestHeldOnACluster(t *testing.T) {
	client, file := cluster(t)
	restConfig, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, txtar.Parse([]byte(heldChange)))
	inhabit(t, restConfig, in.Base)
	maps := client.CoreV1().ConfigMaps("shop")
	patch := func(name, finalizers string) {
		t.Helper()
		if _, err := maps.Patch(t.Context(), name, types.MergePatchType, []byte(`{"metadata": {"finalizers": `+finalizers+`}}`), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	patch("both", `["example.com/hold", "example.com/more"]`)
	for _, name := range []string{"held", "kept", "replaced"} {
		patch(name, `["example.com/more", "foregroundDeletion"]`)
	}
	patch("gone", "null")
	if err := maps.Delete(t.Context(), "gone", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	before := everything(t, client)
	tell := func(context, kubeconfig string) string {
		t.Helper()
		in.Environment.Context = context
		result, err := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: kubeconfig}).Try(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		said, _, found := strings.Cut(transcript(in, result), "tried 6 ")
		if !found {
			t.Errorf("not all is tried:\n%s", said)
		}
		return said
	}
	if got := tell("live", file); got != tellsHeld {
		t.Errorf("got\n%s\nwant\n%s", got, tellsHeld)
	}
	letIn(t, client) // to all but reading
	want := tellsHeld[:strings.Index(tellsHeld, "warning dry-run/deletion-held new ConfigMap shop replaced")] + `not tried (unverifiable) ConfigMap shop replaced
  head.yaml:1 whether the old object, which has to go first, waits for finalizers that the cluster has: the user of the dry-run could not read it
`
	if got := tell("ci", actingAs(t, file)); got != want {
		t.Errorf("without reading, got\n%s\nwant\n%s", got, want)
	}
	if after := everything(t, client); after != before {
		t.Errorf("the cluster was\n%s\nand is\n%s", before, after)
	}
}
