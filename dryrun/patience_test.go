package dryrun

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// A request that takes too long ends, and client-go writes nothing of it to
// standard error.
func TestRequestsEndInSilence(t *testing.T) {
	over := make(chan struct{})
	var ended atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
			ended.Store(true)
		case <-over:
		}
	}))
	defer server.Close()
	defer close(over)
	config := &rest.Config{Host: server.URL, BearerToken: "token", Timeout: 100 * time.Millisecond}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return guard{next} })
	c, err := newClient(config)
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = said.Close() }() // it is read by its name
	defer func(was *os.File) { os.Stderr = was }(os.Stderr)
	os.Stderr = said
	err = c.plain.Get().AbsPath("/api").Do(t.Context()).Error()
	if c.bounds.silence(err) == nil {
		t.Errorf("got %v", err)
	}
	for deadline := time.Now().Add(5 * time.Second); !ended.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the request did not end")
		}
	}
	if text, err := os.ReadFile(said.Name()); err != nil || len(text) > 0 {
		t.Errorf("%s%v", text, err)
	}
}
