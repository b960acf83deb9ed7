package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/child"
	"k8s.io/client-go/rest"
)

func TestServer(t *testing.T) {
	dir := scratch(t)
	s := start(t, Options{})
	var callers sync.WaitGroup
	for range 5 {
		callers.Go(func() {
			if _, err := s.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if err := s.Err(); err != nil {
		t.Errorf("a server that lives says %v", err)
	}
	t.Run("answers as production does", func(t *testing.T) { testAnswers(t, s) })
	t.Run("a token is needed", func(t *testing.T) { testToken(t, s) })
	t.Run("nobody else can read the files", func(t *testing.T) { testFiles(t, dir) })
	t.Run("Reset", func(t *testing.T) { testReset(t, s) })
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if alive(s.Pid()) {
		t.Error("the process outlives Close")
	}
	if found := left(t, dir); len(found) > 0 {
		t.Errorf("Close leaves %v", found)
	}
	if err := s.Reset(t.Context()); err == nil {
		t.Error("a closed server was reset")
	}
}

func testAnswers(t *testing.T, s *Server) {
	c := connect(t, s)
	if newest := Supported()[len(Supported())-1]; c.minor(t) != newest || s.Version() != newest || !strings.HasPrefix(Version(), newest) {
		t.Errorf("it answers as %s, and says %s and %s", c.minor(t), s.Version(), Version())
	}
	services := "/api/v1/namespaces/default/services?dryRun=All"
	c.want(t, http.StatusCreated, "fd00:10:96::", http.MethodPost, services, `{metadata: {name: a}, spec: {ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}}`)
	c.want(t, http.StatusCreated, "fd00:10:96::", http.MethodPost, services, `{metadata: {name: a}, spec: {ipFamilies: [IPv6], ports: [{port: 80}]}}`)
	// Versions in beta are off by default.
	c.want(t, http.StatusOK, "networking.k8s.io/v1", http.MethodGet, "/apis/networking.k8s.io", "")
	c.want(t, http.StatusNotFound, "", http.MethodGet, "/apis/networking.k8s.io/v1beta1", "")
}

func testToken(t *testing.T, s *Server) {
	config, err := s.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	anonymous, wrong := rest.AnonymousClientConfig(config), rest.AnonymousClientConfig(config)
	wrong.BearerToken = "wrong"
	for _, config := range []*rest.Config{anonymous, wrong} {
		c := open(t, config)
		c.want(t, http.StatusUnauthorized, "Unauthorized", http.MethodGet, "/api/v1/namespaces", "")
		c.want(t, http.StatusUnauthorized, "Unauthorized", http.MethodGet, "/readyz", "")
	}
	open(t, config).want(t, http.StatusOK, "kube-system", http.MethodGet, "/api/v1/namespaces", "")
}

func testFiles(t *testing.T, dir string) {
	found := left(t, dir)
	if len(found) != 1 {
		t.Fatalf("there are %v, want one directory", found)
	}
	info, err := os.Stat(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode(); got != fs.ModeDir|0o700 {
		t.Errorf("the directory has mode %v", got)
	}
	files, err := filepath.Glob(filepath.Join(found[0], "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 4 {
		t.Errorf("there are only %v", files)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode(); got != 0o600 {
			t.Errorf("%s has mode %v", file, got)
		}
	}
}

func TestVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server for each version")
	}
	// The newest one is that of the other tests.
	for _, version := range Supported()[:len(Supported())-1] {
		t.Run(version, func(t *testing.T) {
			scratch(t)
			s := start(t, Options{KubernetesVersion: "v" + version + ".7"})
			c := connect(t, s)
			if got := c.minor(t); got != version || s.Version() != version {
				t.Errorf("it answers as %s and says %s", got, s.Version())
			}
			pollute(t, s, c, 0)
			if err := s.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			clean(t, c)
		})
	}
}

func TestVersionOutOfRange(t *testing.T) {
	dir := scratch(t)
	for _, version := range []string{"1.32", "1.37", "2.0", "1", "new", "latest", "1.36.x", "1.35-gke.1", "1.035", "v", "1.36.1 "} {
		s, err := Start(t.Context(), Options{KubernetesVersion: version})
		var e *VersionError
		if s != nil || !errors.As(err, &e) || e.Wanted != version || !strings.Contains(e.UserHint(), "1.33 to 1.36") {
			t.Errorf("%s: %v, %v", version, s, err)
		}
	}
	if found := left(t, dir); len(found) > 0 {
		t.Errorf("something was started: %v", found)
	}
}

func TestResolve(t *testing.T) {
	for wanted, want := range map[string]string{"": "1.36", "1.33": "1.33", "v1.34": "1.34", "1.35.4": "1.35", "v1.35.4-gke.100": "1.35", "1.36.0+k3s1": "1.36", "v1.33.1-eks-1a2b3c4": "1.33"} {
		if got, err := Resolve(wanted); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", wanted, got, err, want)
		}
	}
}

func TestStartFails(t *testing.T) {
	kill := func(s *Server) { _ = syscall.Kill(s.Pid(), syscall.SIGKILL) }
	tests := []struct {
		name    string
		missing bool
		opts    Options
		meddle  func(*Server)
		msg     string
		log     string
	}{
		{name: "no temporary directory", missing: true, msg: "the API server ended while it was starting: exit status 1", log: "the API server cannot run: making a private directory"},
		{name: "killed", meddle: kill, msg: "the API server ended while it was starting: signal: killed"},
		{name: "too slow", opts: Options{StartTimeout: time.Nanosecond}, msg: "the API server was not ready after 1ns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := scratch(t)
			if tt.missing {
				t.Setenv("TMPDIR", filepath.Join(dir, "missing"))
			}
			s := start(t, tt.opts)
			if tt.meddle != nil {
				tt.meddle(s)
			}
			_, err := s.Ready(t.Context())
			var e *Error
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), tt.msg) || !strings.Contains(e.Log, tt.log) {
				t.Errorf("got: %v", err)
			}
			if err := s.FenceNamespaces(t.Context()); !errors.As(err, &e) {
				t.Errorf("a server that did not start has a fence: %v", err)
			}
		})
	}
}

func TestCancelWhileStarting(t *testing.T) {
	dir := scratch(t)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server has begun", func() bool { return len(left(t, dir)) > 0 })
	cancel()
	if _, err := s.Ready(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("Ready says %v", err)
	}
	_ = s.Close() // it says how the child ended, which may have been killed
	if alive(s.Pid()) {
		t.Error("the process outlives Close")
	}
}

func TestReadyWithoutPatience(t *testing.T) {
	scratch(t)
	s := start(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Ready(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Ready says %v", err)
	}
}

func TestServerIsKilled(t *testing.T) {
	dir := scratch(t)
	s := start(t, Options{})
	connect(t, s)
	if err := syscall.Kill(s.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := s.Lost(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "the API server has ended: signal: killed") {
		t.Errorf("Lost says %v", err)
	}
	if s.Err() == nil {
		t.Error("Err does not know what Lost knows")
	}
	if err := s.Reset(t.Context()); err == nil {
		t.Error("a dead server was reset")
	}
	eventually(t, "its directory is gone", func() bool { return len(left(t, dir)) == 0 })
}

func TestParentIsKilled(t *testing.T) {
	dir := scratch(t)
	p, err := child.Start(t.Context(), parentRole, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(p.Stdout, &pid); err != nil {
		t.Fatal(err)
	}
	if !alive(pid) || len(left(t, dir)) != 1 {
		t.Error("there is no server")
	}
	p.Kill()
	eventually(t, "the server has followed its parent", func() bool { return !alive(pid) && len(left(t, dir)) == 0 })
	if err := p.Close(); err == nil {
		t.Error("the parent was not killed")
	}
}

func BenchmarkStart(b *testing.B) {
	scratch(b)
	for b.Loop() {
		s, err := Start(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Ready(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
