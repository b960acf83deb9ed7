package dryrun_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// On a cluster of a version that no embedded server has, what comes with the
// change is listed, and nothing else answers for it.
func TestNothingBesideAnOldCluster(t *testing.T) {
	_, file := cluster(t)
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
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			w.Header().Set("Content-Type", "application/json")
			if _, err := w.Write([]byte(`{"major": "1", "minor": "29+"}`)); err != nil {
				t.Error(err)
			}
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(old.Close)
	in := input(t, txtar.Parse([]byte(liveChange)))
	in.Environment.Context = "live"
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: kubeconfig(t, &rest.Config{Host: old.URL})}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	got := transcript(in, result)
	for _, want := range []string{
		"not tried (unverifiable) ConfigMap extra new\n  head.yaml:18 it depends on the Namespace extra, which the cluster does not have as this change leaves it, and no other server tried it: ",
		"tried 5 on cluster live 1.29\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
