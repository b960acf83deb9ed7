package dryrun_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const changeForWebhooks = `
-- head.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: denied, namespace: shop, labels: {hook: denies}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: unheard, namespace: shop, labels: {hook: gone}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: untried, namespace: shop, labels: {hook: some}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: free, namespace: shop}
`

const answerOfWebhooks = `error dry-run/refused new ConfigMap shop denied
  head.yaml:1 
  admission webhook "denies.example.com" denied the request: not on a Friday
not tried (failed) ConfigMap shop unheard
  head.yaml:5 the admission webhook gone.example.com cannot be called, so that what it would say is not known: Internal error occurred: failed calling webhook "gone.example.com": failed to call webhook: Post "https://127.0.0.1:1/?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused — it is of the ValidatingWebhookConfiguration gone.example.com (sideEffects: NoneOnDryRun)
not tried (unverifiable) ConfigMap shop untried
  head.yaml:9 the admission webhook some.example.com does not take part in dry-runs, so that the server refuses to try what it is asked about — it is of the ValidatingWebhookConfiguration some.example.com (sideEffects: None)
tried 2 on cluster live 1.36
rollback not-evaluated nothing is stored on a live cluster, so that there is no head to go back from — --dry-run=embedded tries it
`

// A webhook that denies is heard, whatever code it gives; one that cannot be
// called, or takes no part in dry-runs, is named and says nothing of the object.
func TestWebhooksOfACluster(t *testing.T) {
	client, file := cluster(t)
	denies := httptest.NewTLSServer(http.HandlerFunc(deny))
	t.Cleanup(denies.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: denies.Certificate().Raw})
	for name, hook := range map[string]admissionv1.WebhookClientConfig{
		"denies": {URL: &denies.URL, CABundle: ca},
		"gone":   {URL: new("https://127.0.0.1:1/")},
		"some":   {URL: &denies.URL, CABundle: ca},
	} {
		register(t, client, name, hook)
	}
	awaitWebhooks(t, client)
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: refusing(t, file)})
	in := input(t, txtar.Parse([]byte(changeForWebhooks)))
	in.Environment.Context = "live"
	result, err := runner.Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := transcript(in, result); got != answerOfWebhooks {
		t.Errorf("got\n%s\nwant\n%s", got, answerOfWebhooks)
	}
}

// deny is a webhook that refuses with a code that means something else from
// others.
func deny(w http.ResponseWriter, r *http.Request) {
	var review struct {
		Request struct {
			UID string `json:"uid"`
		} `json:"request"`
	}
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {"uid": %q, "allowed": false, "status": {"code": 422, "message": "not on a Friday"}}}`, review.Request.UID)
}

// register makes a webhook of the ConfigMaps with the label of its name.
func register(t *testing.T, client *kubernetes.Clientset, name string, to admissionv1.WebhookClientConfig) {
	t.Helper()
	effects := admissionv1.SideEffectClassNoneOnDryRun
	if name == "some" {
		effects = admissionv1.SideEffectClassNone
	}
	c := &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name + ".example.com"}, Webhooks: []admissionv1.ValidatingWebhook{{
		Name: name + ".example.com", ClientConfig: to, SideEffects: &effects, AdmissionReviewVersions: []string{"v1"},
		ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"hook": name}},
		Rules: []admissionv1.RuleWithOperations{{
			Operations: []admissionv1.OperationType{admissionv1.Create},
			Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
		}},
	}}}
	if _, err := client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(), c, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// refusing is a kubeconfig for the same cluster behind one thing that a server of
// today cannot be told: webhooks that have side effects. They may not be registered
// any more, and answer if they were before Kubernetes 1.22. In their place, what is
// asked of the ConfigMap "untried" is answered as the server would
// (k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go).
func refusing(t *testing.T, file string) string {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	pass := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/configmaps/untried") {
			status := apierrors.NewBadRequest(`admission webhook "some.example.com" does not support dry run`).ErrStatus
			status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			if err := json.NewEncoder(w).Encode(status); err != nil {
				t.Error(err)
			}
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return kubeconfig(t, &rest.Config{Host: proxy.URL})
}

// awaitWebhooks waits until the server asks the webhooks.
func awaitWebhooks(t *testing.T, client *kubernetes.Clientset) {
	t.Helper()
	for _, name := range []string{"denies", "gone", "some"} {
		for {
			m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "probe", Labels: map[string]string{"hook": name}}}
			_, err := client.CoreV1().ConfigMaps("shop").Create(t.Context(), m, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if err != nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}
