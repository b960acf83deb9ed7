package dryrun_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const changeForIdentity = `
-- head.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: new, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web:1}]}
`

// The user that docs/live-cluster.md makes can dry-run, and can do nothing else.
func TestIdentityOfTheDocs(t *testing.T) {
	client, file := cluster(t)
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	archive := &txtar.Archive{Files: []txtar.File{{Name: "base.yaml", Data: []byte(identityOfDocs(t))}}}
	inhabit(t, config, set(t, archive, "base.yaml"))
	const user = "system:serviceaccount:penstock:penstock"
	config.Impersonate.UserName = user
	penstock, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	const refusal = "this user may dry-run only"
	write := func(name string) error {
		_, err := penstock.CoreV1().ConfigMaps("shop").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
		return err
	}
	// Nothing tells when a policy is in force.
	err = nil
	for range 100 {
		if err = write("probe"); err != nil && strings.Contains(err.Error(), refusal) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err == nil || !strings.Contains(err.Error(), refusal) {
		t.Fatalf("a write: %v", err)
	}
	if err := penstock.AppsV1().Deployments("shop").Delete(t.Context(), "web", metav1.DeleteOptions{}); err == nil || !strings.Contains(err.Error(), refusal) {
		t.Errorf("a deletion: %v", err)
	}
	if err := penstock.CoreV1().Secrets("shop").Delete(t.Context(), "any", metav1.DeleteOptions{}); err == nil || !strings.Contains(err.Error(), "cannot delete") {
		t.Errorf("a deletion that no role gives: %v", err)
	}
	before := everything(t, client)
	in := input(t, txtar.Parse([]byte(changeForIdentity)))
	in.Environment.Context = "penstock"
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: as(t, file, "penstock", user)}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := transcript(in, result); !strings.HasPrefix(got, "tried 2 on cluster penstock 1.36\n") {
		t.Errorf("got\n%s", got)
	}
	if after := everything(t, client); after != before {
		t.Errorf("the cluster was\n%s\nand is\n%s", before, after)
	}
}

// as adds a context to a kubeconfig: a user on the same cluster.
func as(t *testing.T, file, context, user string) string {
	t.Helper()
	c, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	info := c.AuthInfos["live"].DeepCopy()
	info.Impersonate = user
	c.AuthInfos[context] = info
	c.Contexts[context] = &clientcmdapi.Context{Cluster: "live", AuthInfo: context}
	if err := clientcmd.WriteToFile(*c, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// identityOfDocs is what docs/live-cluster.md has an administrator apply.
func identityOfDocs(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "docs", "live-cluster.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "<!-- identity -->\n```yaml\n")
	yaml, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("docs/live-cluster.md has no identity")
	}
	return yaml
}
