package apiserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/child"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// parentRole is that of a process which starts a server and then waits to be
// killed.
const parentRole = "apiserver-test-parent"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == binaryName {
		os.Exit(kubeAPIServer(os.Args[1:]))
	}
	switch child.Role() {
	case Role:
		os.Exit(Main(context.Background(), os.Stdin, os.Stdout))
	case parentRole:
		os.Exit(parent(context.Background()))
	}
	os.Exit(m.Run())
}

func parent(ctx context.Context) int {
	var opts Options
	if path := os.Getenv(binaryVariable); path != "" {
		opts.Binary = &Binary{path, os.Getenv(versionVariable)}
	}
	s, err := Start(ctx, opts)
	if err == nil {
		_, err = s.Ready(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(s.Pid())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// scratch makes a temporary directory the one in which servers live, and makes
// sure that the test leaves nothing there.
func scratch(t testing.TB) string {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		// What was killed may take a moment to go.
		for deadline := time.Now().Add(10 * time.Second); len(left(t, dir)) > 0 && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
		if found := left(t, dir); len(found) > 0 {
			t.Errorf("left behind: %v", found)
		}
	})
	return dir
}

func left(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// start starts a server that is closed, and gone, after the test.
func start(t testing.TB, opts Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The context of the test is over, and the server ends with that as well.
		_ = s.Close()
		if alive(s.Pid()) {
			t.Errorf("the process %d is still there", s.Pid())
		}
	})
	return s
}

// alive reports whether a process runs; one that has ended and that nobody has
// waited for does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

// eventually waits until something is so. Its bound only ends a test that hangs.
func eventually(t *testing.T, what string, look func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !look(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is still not so that %s", what)
		}
	}
}

// client asks a server.
type client struct {
	http *http.Client
	host string
}

func connect(t testing.TB, s *Server) *client {
	t.Helper()
	config, err := s.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return open(t, config)
}

func open(t testing.TB, config *rest.Config) *client {
	t.Helper()
	c, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return &client{c, config.Host}
}

// do sends a document as YAML, if there is one, and returns the status and the answer.
func (c *client) do(t testing.TB, method, path, document string) (int, string) {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.host+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/apply-patch+yaml")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// want asks, and expects a status and a part of the answer.
func (c *client) want(t testing.TB, status int, part, method, path, document string) {
	t.Helper()
	got, body := c.do(t, method, path, document)
	if got != status || !strings.Contains(body, part) {
		t.Errorf("%s %s answers %d, want %d and %q:\n%s", method, path, got, status, part, body)
	}
}

// minor is the version that the server answers as.
func (c *client) minor(t testing.TB) string {
	t.Helper()
	_, body := c.do(t, http.MethodGet, "/version", "")
	// The minor version itself is that of the binary.
	var v struct{ EmulationMajor, EmulationMinor string }
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	return v.EmulationMajor + "." + v.EmulationMinor
}
