package dryrun

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// recorder counts what reaches the cluster.
type recorder struct {
	sent int
	body string
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.sent++
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		r.body = string(data)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// Nothing that could change a cluster is sent, whatever the verb.
func TestGuard(t *testing.T) {
	const path = "https://cluster.example.com/api/v1/namespaces/shop/pods/web"
	for _, test := range []struct {
		method, query, body, upgrade string
		sent                         bool
	}{
		{method: "GET", sent: true},
		{method: "HEAD", sent: true},
		{method: "OPTIONS", sent: true},
		{method: "GET", upgrade: "SPDY/3.1"},
		{method: "GET", upgrade: "websocket"},
		{method: "POST"},
		{method: "PUT"},
		{method: "PATCH"},
		{method: "DELETE"},
		{method: "CONNECT"},
		{method: "TRACE"},
		{method: "PROPFIND"},
		{method: "POST", query: "?dryRun=All", sent: true},
		{method: "PUT", query: "?dryRun=All", sent: true},
		{method: "PATCH", query: "?fieldManager=kubectl&dryRun=All", sent: true},
		{method: "PATCH", query: "?dryRun=None"},
		{method: "PATCH", query: "?dryRun="},
		{method: "PATCH", query: "?dryRun=all"},
		{method: "PATCH", query: "?dryrun=All"},
		{method: "PATCH", query: "?dryRun=None&dryRun=All"},
		{method: "PATCH", query: "?dryRun=All&dryRun=None"},
		{method: "POST", body: `{"dryRun": ["All"]}`},
		{method: "DELETE", query: "?dryRun=All", sent: true},
		{method: "DELETE", query: "?dryRun=All", body: `{}`},
		{method: "DELETE", query: "?dryRun=All", body: `{"dryRun": []}`},
		{method: "DELETE", body: `{"dryRun": ["All"]}`, sent: true},
		{method: "DELETE", body: `{"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"], "propagationPolicy": "Background"}`, sent: true},
		{method: "DELETE", body: `{"dryRun": ["None"]}`},
		{method: "DELETE", body: `{"dryRun": "All"}`},
		{method: "DELETE", query: "?dryRun=All", body: "k8s\x00\n"},
		{method: "DELETE", query: "?dryRun=All", body: `{"DryRun": ["All"]}`},
		{method: "DELETE", query: "?dryRun=All", body: `{"dryRun": ["All"], "DRYRUN": []}`},
		{method: "POST", query: "?dryRun=All", upgrade: "SPDY/3.1"},
		{method: "PATCH", query: "?dryRun=All&dryRun=All"},
	} {
		t.Run(test.method+test.query+test.body, func(t *testing.T) {
			var body io.Reader
			if test.body != "" {
				body = strings.NewReader(test.body)
			}
			req, err := http.NewRequestWithContext(t.Context(), test.method, path+test.query, body)
			if err != nil {
				t.Fatal(err)
			}
			if test.upgrade != "" {
				req.Header.Set("Upgrade", test.upgrade)
			}
			next := &recorder{}
			resp, err := guard{next}.RoundTrip(req)
			if err == nil {
				if closeErr := resp.Body.Close(); closeErr != nil {
					t.Error(closeErr)
				}
			}
			if (next.sent == 1) != test.sent || errors.Is(err, errWrites) == test.sent {
				t.Errorf("sent %d times, %v", next.sent, err)
			}
			if test.sent && next.body != test.body {
				t.Errorf("the body arrives as %q", next.body)
			}
		})
	}
}
