package dryrun

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"k8s.io/client-go/rest"
)

// counter counts what is sent to a server.
type counter struct {
	next http.RoundTripper
	sent int
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent++
	return c.next.RoundTrip(r)
}

// stream is a body of which nobody knows the length.
type stream struct{ io.Reader }

const settings = `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}, "data": {"a": "1"}}`

// Whatever is sent through the guard, a real server is the same afterwards, and
// what is refused does not get there.
func TestGuardedServer(t *testing.T) {
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
	plain, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	const (
		maps  = "/api/v1/namespaces/default/configmaps"
		one   = maps + "/settings"
		pod   = "/api/v1/namespaces/default/pods/web"
		other = `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other", "namespace": "default"}}`
		next  = `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}, "data": {"a": "2"}}`
		spec  = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"}, "spec": {"containers": [{"name": "web", "image": "example.com/web:1"}]}}`
		mine  = `{"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}}}`
		mayI  = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
	)
	do := func(through http.RoundTripper, method, at, kind string, body io.Reader, header string) (int, error) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, config.Host+at, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		if header != "" {
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", header)
		}
		resp, err := through.RoundTrip(r)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	const asJSON, apply = "application/json", "application/apply-patch+yaml"
	for at, body := range map[string]string{maps: settings, "/api/v1/namespaces/default/serviceaccounts": `{"metadata": {"name": "default"}}`} {
		if code, err := do(plain, "POST", at, asJSON, strings.NewReader(body), ""); code != http.StatusCreated || err != nil {
			t.Fatal(at, code, err)
		}
	}
	if code, err := do(plain, "POST", "/api/v1/namespaces/default/pods", asJSON, strings.NewReader(spec), ""); code != http.StatusCreated || err != nil {
		t.Fatal(code, err)
	}
	before := stored(t, plain, config.Host)
	for _, test := range []struct {
		method, at, kind string
		body             string
		upgrade          string
		streamed, sent   bool
	}{
		{method: "GET", at: one, sent: true},
		{method: "HEAD", at: one, sent: true},
		{method: "OPTIONS", at: one, sent: true},
		{method: "POST", at: maps, kind: asJSON, body: other},
		{method: "POST", at: maps + "?dryRun=All", kind: asJSON, body: other, sent: true},
		{method: "POST", at: maps + "?dryRun=All", kind: asJSON, body: other, sent: true, streamed: true},
		{method: "POST", at: maps + "?dryRun=all", kind: asJSON, body: other},
		{method: "POST", at: maps + "?dryRun=All&dryRun=All", kind: asJSON, body: other},
		{method: "POST", at: maps, kind: asJSON, body: other, streamed: true},
		{method: "PUT", at: one, kind: asJSON, body: next},
		{method: "PUT", at: one + "?dryRun=All", kind: asJSON, body: next, sent: true},
		{method: "PATCH", at: one + "?fieldManager=a&force=true", kind: apply, body: next},
		{method: "PATCH", at: one + "?fieldManager=a&force=true&dryRun=All", kind: apply, body: next, sent: true},
		{method: "DELETE", at: one},
		{method: "DELETE", at: one + "?dryRun=All", sent: true},
		{method: "DELETE", at: one + "?dryRun=All", kind: asJSON, body: `{"dryRun": []}`},
		{method: "DELETE", at: one + "?dryRun=All", kind: asJSON, body: `{"DryRun": ["All"]}`},
		{method: "DELETE", at: one + "?dryRun=All", kind: "application/vnd.kubernetes.protobuf", body: "k8s\x00\n\x02v1"},
		{method: "DELETE", at: one, kind: asJSON, body: `{"dryRun": ["All"]}`, sent: true, streamed: true},
		{method: "DELETE", at: maps},
		{method: "DELETE", at: maps + "?dryRun=All", sent: true},
		{method: "DELETE", at: maps + "?labelSelector=a", kind: asJSON, body: `{}`},
		{method: "POST", at: pod + "/eviction", kind: asJSON, body: `{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}}`},
		{method: "GET", at: pod + "/exec?command=a"},
		{method: "POST", at: pod + "/exec?command=a&dryRun=All", upgrade: "SPDY/3.1"},
		{method: "GET", at: pod + "/attach", upgrade: "websocket"},
		{method: "POST", at: pod + "/portforward?dryRun=All", upgrade: "SPDY/3.1"},
		{method: "GET", at: pod + "/proxy/delete-all"},
		{method: "POST", at: pod + "/proxy/?dryRun=All"},
		{method: "PUT", at: "/api/v1/namespaces/default/services/web/proxy/a?dryRun=All"},
		{method: "GET", at: "/api/v1/nodes/a/proxy/run"},
		{method: "GET", at: one, upgrade: "websocket"},
		{method: "CONNECT", at: one},
		{method: "TRACE", at: one},
		{method: "MERGE", at: one + "?dryRun=All"},
		{method: "POST", at: mayI, kind: asJSON, body: mine},
		{method: "POST", at: mayI + "?dryRun=All", kind: asJSON, body: mine, sent: true},
	} {
		t.Run(strings.ReplaceAll(test.method+" "+test.at+" "+test.upgrade+" "+test.body, "/", "_"), func(t *testing.T) {
			to := &counter{next: plain}
			var body io.Reader
			if test.body != "" {
				body = bytes.NewBufferString(test.body)
			}
			if test.streamed {
				body = stream{body}
			}
			code, err := do(guard{to}, test.method, test.at, test.kind, body, test.upgrade)
			switch {
			// Kubernetes knows no HEAD and OPTIONS of an object.
			case test.sent && (to.sent != 1 || err != nil || code >= 300 && code != http.StatusMethodNotAllowed):
				t.Errorf("sent %d times, answered %d, %v", to.sent, code, err)
			case !test.sent && (to.sent != 0 || !errors.Is(err, errWrites)):
				t.Errorf("sent %d times, %v", to.sent, err)
			}
			if after := stored(t, plain, config.Host); after != before {
				t.Errorf("the server had\n%s\nand has\n%s", before, after)
			}
		})
	}
	// The look at the server would have told.
	if _, err := do(plain, "PUT", one, asJSON, strings.NewReader(next), ""); err != nil || stored(t, plain, config.Host) == before {
		t.Errorf("a change is not seen: %v", err)
	}
}

// stored is what a server has of the kinds that the requests are about.
func stored(t *testing.T, through http.RoundTripper, host string) string {
	t.Helper()
	var b strings.Builder
	for _, at := range []string{"configmaps", "pods", "services", "serviceaccounts"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host+"/api/v1/namespaces/default/"+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := through.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status, err)
		}
		// The version of the list goes on with whatever the server writes for itself.
		_, items, _ := strings.Cut(string(data), `"items":`)
		b.WriteString(at + items + "\n")
	}
	return b.String()
}
