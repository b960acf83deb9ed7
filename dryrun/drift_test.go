package dryrun_test

import (
	"regexp"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
)

const driftedBase = `
-- base.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: example.com/api:1
---
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: shop}
stringData: {token: from-base-1234}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: same, namespace: shop}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gone, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {token: none}
-- head.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: example.com/api:2
---
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: shop}
stringData: {token: from-base-1234}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: same, namespace: shop}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gone, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {token: none}
`

const tellsDrift = `warning dry-run/ownership-conflict new Deployment shop api container api
  head.yaml:12 /spec/template/spec/containers/0/image
  spec.template.spec.containers[0].image belongs to kubectl-edit, and applying the change takes it over
warning dry-run/drift unchanged Deployment shop api
  base.yaml:5 /spec/replicas
  spec.replicas: the cluster has 7, and base 2; written by scaler at TIME
warning dry-run/drift unchanged Deployment shop api container api
  base.yaml:12 /spec/template/spec/containers/0/image
  spec.template.spec.containers[0].image: the cluster has "example.com/api:hotfix", and base "example.com/api:1"; written by kubectl-edit at TIME
warning dry-run/drift unchanged Secret shop token
  base.yaml:14 /data/token
  data.token: the cluster has another value than base; written by kubectl-edit at TIME
warning dry-run/drift unchanged ConfigMap shop gone
  base.yaml:24 
  base has it, and the cluster does not
warning dry-run/drift unchanged ConfigMap shop settings
  base.yaml:31 /data/token
  data.token: the cluster has another value than base; written by kubectl-edit at TIME
warning dry-run/ownership-conflict unchanged Deployment shop api
  head.yaml:5 /spec/replicas
  spec.replicas belongs to scaler, and applying the change takes it over
not tried (unverifiable) 
  - whether the cluster has more objects of this environment than base: no object of base carries there the mark of whoever applied it
tried 1 on cluster live 1.36
restart Deployment.apps shop/api
rollback not-evaluated nothing is stored on a live cluster, so that there is no head to go back from — --dry-run=embedded tries it
`

// What others wrote on the cluster is told with who it was, and what nobody
// touched is not.
func TestDrift(t *testing.T) {
	client, file := cluster(t)
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, txtar.Parse([]byte(driftedBase)))
	inhabit(t, config, in.Base)
	edit := func(kind, name, manager, patch string) {
		t.Helper()
		err := client.CoreV1().RESTClient().Patch(types.StrategicMergePatchType).AbsPath(kind, name).
			Param("fieldManager", manager).Body([]byte(patch)).Do(t.Context()).Error()
		if err != nil {
			t.Fatal(err)
		}
	}
	const deployments, secrets, configMaps = "/apis/apps/v1/namespaces/shop/deployments", "/api/v1/namespaces/shop/secrets", "/api/v1/namespaces/shop/configmaps"
	edit(deployments, "api", "scaler", `{"spec": {"replicas": 7}}`)
	edit(deployments, "api", "kubectl-edit", `{"metadata": {"labels": {"beside": "base"}}, "spec": {"template": {"spec": {"containers": [{"name": "api", "image": "example.com/api:hotfix"}]}}}}`)
	edit(secrets, "token", "kubectl-edit", `{"stringData": {"token": "by-hand-5678"}}`)
	edit(configMaps, "settings", "kubectl-edit", `{"data": {"token": "by-hand-9012"}}`)
	if err := client.CoreV1().ConfigMaps("shop").Delete(t.Context(), "gone", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	before := everything(t, client)
	in.Environment.Context = "live"
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: file, Drift: true}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`at 20[0-9TZ:-]+`).ReplaceAllString(transcript(in, result), "at TIME")
	if got != tellsDrift {
		t.Errorf("got\n%s\nwant\n%s", got, tellsDrift)
	}
	if after := everything(t, client); after != before {
		t.Errorf("the cluster was\n%s\nand is\n%s", before, after)
	}
}
