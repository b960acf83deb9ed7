package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/checks/githubtest"
)

// TestServe asks a server on a port what GitHub is asked, and what it holds.
func TestServe(t *testing.T) {
	releases := t.TempDir()
	if err := os.WriteFile(filepath.Join(releases, "penstock.tar.gz"), []byte("a release"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error)
	go func() {
		args := []string{"-event", "../../testdata/events/pull_request.synchronize.json", "-merge", strings.Repeat("0c", 20), "-releases", releases}
		err := run(ctx, args, w, io.Discard)
		_ = w.CloseWithError(err) // a pipe has no other answer than nil
		ended <- err
	}()
	address, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSpace(address)+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+githubtest.Token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	if got, want := get("/posted"), "f95f852 penstock: in_progress : "; !strings.HasPrefix(got, want) || strings.Contains(got, "violation") {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := get("/repos/Codertocat/Hello-World/pulls/2"); !strings.Contains(got, `"sha":"ec26c3e57ca3a959ca5aad62de7213c562f8c821"`) {
		t.Errorf("the pull request: %s", got)
	}
	if got := get("/releases/penstock.tar.gz"); got != "a release" {
		t.Errorf("the release: %q", got)
	}
	get("/repos/Codertocat/Hello-World/branches")
	if got := get("/posted"); !strings.Contains(got, "violation: GET /repos/Codertocat/Hello-World/branches is not served here") {
		t.Errorf("got %q", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeRefusesEventsWithoutPullRequest(t *testing.T) {
	err := run(t.Context(), []string{"-event", "../../testdata/events/push.json"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "it has no pull request") {
		t.Errorf("got %v", err)
	}
}
