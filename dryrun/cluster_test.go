package dryrun_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/verdict"
	"golang.org/x/tools/txtar"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// cluster starts an API server that stands for a live cluster, with a namespace
// and a Deployment in it, and returns how to reach it and a kubeconfig.
func cluster(t *testing.T) (*kubernetes.Clientset, string) {
	t.Helper()
	s, err := apiserver.Start(t.Context(), apiserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	config, err := s.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().ServiceAccounts("shop").Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"app": "web"}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"}, Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "example.com/web:1"}}}},
	}}
	if _, err := client.AppsV1().Deployments("shop").Create(t.Context(), deployment, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return client, kubeconfig(t, config)
}

func kubeconfig(t *testing.T, config *rest.Config) string {
	t.Helper()
	c := clientcmdapi.NewConfig()
	c.Clusters["live"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	c.AuthInfos["live"] = &clientcmdapi.AuthInfo{Token: config.BearerToken}
	c.AuthInfos["nobody"] = &clientcmdapi.AuthInfo{Token: "wrong"}
	c.Contexts["live"] = &clientcmdapi.Context{Cluster: "live", AuthInfo: "live"}
	c.Contexts["nobody"] = &clientcmdapi.Context{Cluster: "live", AuthInfo: "nobody"}
	c.CurrentContext = "live"
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*c, file); err != nil {
		t.Fatal(err)
	}
	return file
}

const liveChange = `
-- base.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web:1}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: never-applied, namespace: shop}
-- head.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web2}}
  template:
    metadata: {labels: {app: web2}}
    spec: {containers: [{name: web, image: example.com/web:1}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: new, namespace: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: extra}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: new, namespace: extra}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: a, namespace: shop}
`

const liveAnswer = `error dry-run/immutable-field new Deployment shop web
  head.yaml:5 /spec/selector/matchLabels/app
  spec.selector: Invalid value: {"matchLabels":{"app":"web2"}}: field is immutable
not tried (unverifiable) Namespace shop
  - of what was tried on embedded 1.36: no root of the environment has this namespace, so that its labels (Pod Security), limits and quotas are not known: an empty one stood in for it
ConfigMap extra new
  tried on embedded 1.36: it depends on the Namespace extra, which the cluster does not have as this change leaves it
Widget shop a
  tried on embedded 1.36: it depends on the CustomResourceDefinition widgets.example.com, which the cluster does not have as this change leaves it
tried 7 on cluster live 1.36; 2 of 7 objects on embedded 1.36
replace Deployment.apps shop/web
rollback not-evaluated nothing is stored on a live cluster, so that there is no head to go back from — --dry-run=embedded tries it
`

// A live cluster answers for what it has, and is the same afterwards. What the
// change brings with it is tried beside it.
func TestCluster(t *testing.T) {
	client, file := cluster(t)
	before := everything(t, client)
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: file})
	in := input(t, txtar.Parse([]byte(liveChange)))
	in.Environment.Context = "live"
	result, err := runner.Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := transcript(in, result); got != liveAnswer {
		t.Errorf("got\n%s\nwant\n%s", got, liveAnswer)
	}
	if after := everything(t, client); after != before {
		t.Errorf("the cluster was\n%s\nand is\n%s", before, after)
	}
}

// everything is what a cluster holds that the change could have touched.
func everything(t *testing.T, client *kubernetes.Clientset) string {
	t.Helper()
	var b strings.Builder
	namespaces, err := client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ns := range namespaces.Items {
		fmt.Fprintln(&b, "Namespace", ns.Name, ns.ResourceVersion)
	}
	maps, err := client.CoreV1().ConfigMaps("shop").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range maps.Items {
		fmt.Fprintln(&b, "ConfigMap", m.Name, m.ResourceVersion)
	}
	deployments, err := client.AppsV1().Deployments("shop").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deployments.Items {
		fmt.Fprintln(&b, "Deployment", d.Name, d.ResourceVersion)
	}
	pods, err := client.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&b, len(pods.Items), "pods")
	return b.String()
}

// Whoever is not let in gets no verdict, and is told why.
func TestClusterThatCannotBeAsked(t *testing.T) {
	_, file := cluster(t)
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: file})
	for context, want := range map[string]string{
		"":       "the environment prod names no cluster to try it on — set environments[].context in .penstock.yaml; known contexts: live, nobody",
		"other":  "the kubeconfig has no context other — known contexts: live, nobody",
		"nobody": "asking the cluster of the context nobody: the server has asked for the client to provide credentials",
	} {
		in := input(t, txtar.Parse([]byte(liveChange)))
		in.Environment.Context = context
		result, err := runner.Try(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		undecided(t, result, len(in.Deltas), want)
	}
}

// undecided checks that nothing counts as tried, and that the reason is told once.
func undecided(t *testing.T, r dryrun.Result, deltas int, want string) {
	t.Helper()
	reasons := 0
	for _, e := range r.Entries {
		switch {
		case e.Evaluated() || !e.Reason.Blocking():
			t.Errorf("%+v does not keep the change from passing", e)
		case e.Object == verdict.Object{}:
			reasons++
			if !strings.Contains(e.Detail, want) {
				t.Errorf("got %q, want %q", e.Detail, want)
			}
		}
	}
	if reasons != 1 || len(r.Entries) != deltas+1 || len(r.Findings) > 0 {
		t.Errorf("%d reasons and %d entries for %d deltas, %d findings", reasons, len(r.Entries), deltas, len(r.Findings))
	}
}
