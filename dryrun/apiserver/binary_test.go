package apiserver

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/child"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// kubeAPIServer is what the test binary does under the name of kube-apiserver:
// the real one, of the version that the test says it is. A build that is not
// stamped knows its minor version alone.
func kubeAPIServer(args []string) int {
	if slices.Equal(args, []string{"--version"}) {
		said, err := os.ReadFile("says")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Print(string(said))
		return 0
	}
	command := app.NewAPIServerCommand()
	command.SetArgs(args)
	return cli.Run(command)
}

// shelve puts a kube-apiserver into a directory, that says something when it is
// asked for its version.
func shelve(t *testing.T, dir, says string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, binaryName)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "says"), []byte(says), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindBinaries(t *testing.T) {
	tests := []struct {
		name string
		// shelved is what the binaries in directories say.
		shelved map[string]string
		want    string
		errs    []string
	}{
		{name: "one version", shelved: map[string]string{".": "Kubernetes v1.31.4\n"}, want: "1.31.4"},
		{name: "the directory itself wins", shelved: map[string]string{".": "Kubernetes v1.31.4\n", "other": "Kubernetes v1.32.0\n"}, want: "1.31.4"},
		{
			name:    "several, in the order of their versions, whatever their directories say",
			shelved: map[string]string{"k8s/1.31.10-linux-amd64": "Kubernetes v1.31.9\n", "1.30": "Kubernetes v1.31.10-gke.100\n", "k8s/c": "Kubernetes v1.37.0-rc.1\n", "d": "Kubernetes v1.37.0\n"},
			want:    "1.31.9 1.31.10-gke.100 1.37.0-rc.1 1.37.0",
		},
		{name: "none", errs: []string{"there is no kube-apiserver in "}},
		{
			name:    "not usable",
			shelved: map[string]string{"a": "Kubernetes v0.0.0-master+$Format:%H$\n", "b": "hello\n", "c": "Kubernetes v1.29.9\n", "d": "Kubernetes v1.31.0\n", "e": "Kubernetes v1.x\n", "f": strings.Repeat("Kubernetes v1.31.0", 1000)},
			want:    "1.31.0",
			errs:    []string{"/a/kube-apiserver does not say which version", "/b/kube-apiserver does not say", "/c/kube-apiserver is Kubernetes 1.29.9: binaries are run from 1.30 on", "/e/kube-apiserver does not", "/f/kube-apiserver does not"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for sub, says := range tt.shelved {
				shelve(t, filepath.Join(dir, sub), says)
			}
			found, err := FindBinaries(t.Context(), dir)
			var versions []string
			for _, b := range found {
				versions = append(versions, b.Version)
			}
			if got := strings.Join(versions, " "); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
			if (err != nil) != (tt.errs != nil) {
				t.Errorf("the error is %v", err)
			}
			for _, part := range tt.errs {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("the error is %v, want %q", err, part)
				}
			}
		})
	}
	if _, err := FindBinaries(t.Context(), filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a directory that is not there holds binaries")
	}
	broken := shelve(t, t.TempDir(), "")
	if err := os.Remove(filepath.Join(filepath.Dir(broken), "says")); err != nil {
		t.Fatal(err)
	}
	if found, err := FindBinaries(t.Context(), filepath.Dir(broken)); err == nil || found != nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("a binary that fails: %v, %v", found, err)
	}
}

// whole is the version of the kube-apiserver that this binary carries.
func whole(t *testing.T) string {
	t.Helper()
	v := Version()
	if strings.Count(v, ".") == 1 {
		v += ".0" // without build information
	}
	return v
}

func TestBinary(t *testing.T) {
	b, dir := shelved(t), scratch(t)
	s := start(t, Options{Binary: &b})
	c := connect(t, s)
	if s.Name() != "kube-apiserver "+whole(t) || s.Resettable() {
		t.Errorf("it is %s, and resettable %t", s.Name(), s.Resettable())
	}
	pids := running(t, b.Path)
	if len(pids) != 1 {
		t.Fatalf("there are the processes %v", pids)
	}
	t.Run("answers as production does", func(t *testing.T) { testAnswers(t, s) })
	t.Run("a token is needed", func(t *testing.T) { testToken(t, s) })
	t.Run("nobody else can read the files", func(t *testing.T) { testFiles(t, dir) })
	t.Run("loopback only", func(t *testing.T) { testLoopback(t, pids[0]) })
	t.Run("what is stored is in force", func(t *testing.T) {
		pollute(t, s, c, 0)
		testFence(t, s, c)
	})
	if err := s.Reset(t.Context()); !strings.Contains(fmt.Sprint(err), errNoReset.Error()) {
		t.Errorf("it was reset: %v", err)
	}
	_ = s.Close() // the refusal has ended it
	if pids := running(t, b.Path); len(pids) > 0 {
		t.Errorf("left behind: %v", pids)
	}
}

// testFence checks that changes of what admission goes by are in force after
// each fence, with no patience of its own.
func testFence(t *testing.T, s *Server, c *client) {
	for round := range 20 {
		level, status := "privileged", http.StatusCreated
		if round%2 == 0 {
			level, status = "restricted", http.StatusForbidden
		}
		c.want(t, 200, "", http.MethodPatch, shop+"?fieldManager=test&force=true", `{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: `+level+`}}}`)
		memory := fmt.Sprintf("%dMi", 100+round)
		c.want(t, 200, "", http.MethodPatch, shop+"/limitranges/limits?fieldManager=test&force=true", `{apiVersion: v1, kind: LimitRange, metadata: {name: limits}, spec: {limits: [{type: Container, default: {memory: `+memory+`}}]}}`)
		class := fmt.Sprintf("class%d", round)
		c.want(t, 201, "", http.MethodPost, "/apis/scheduling.k8s.io/v1/priorityclasses", `{metadata: {name: `+class+`}, value: 7}`)
		if err := s.FenceNamespaces(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.want(t, status, "", http.MethodPost, shop+"/pods"+dry, pod(true))
		c.want(t, http.StatusCreated, memory, http.MethodPost, "/api/v1/namespaces/shop/pods"+dry, `{metadata: {name: p}, spec: {priorityClassName: `+class+`, securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},
			containers: [{name: c, image: example.com/c, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}`)
	}
}

// shelved is a binary of this version.
func shelved(t *testing.T) Binary {
	t.Helper()
	return Binary{shelve(t, t.TempDir(), ""), whole(t)}
}

// running are the processes that run a binary.
func running(t *testing.T, path string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		line, _ := os.ReadFile(file) // it may have ended meanwhile
		if name, _, _ := strings.Cut(string(line), "\x00"); name == path {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// testLoopback checks that a process listens on the loopback interface alone.
func testLoopback(t *testing.T, pid int) {
	sockets := map[string]bool{}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		to, _ := os.Readlink(file)
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	var listening []string
	for _, table := range []string{"tcp", "tcp6"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			// 0A is the state of listening.
			if f := strings.Fields(line); len(f) > 9 && f[3] == "0A" && sockets[f[9]] {
				address, _, _ := strings.Cut(f[1], ":")
				listening = append(listening, address)
			}
		}
	}
	if !slices.Equal(listening, []string{"0100007F"}) {
		t.Errorf("it listens on %v", listening)
	}
}

func TestBinaryFails(t *testing.T) {
	other := filepath.Join(t.TempDir(), binaryName)
	if err := os.WriteFile(other, []byte("#!/bin/sh\necho no such flag >&2\nexit 7\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	honest := shelved(t)
	tests := []struct {
		name   string
		binary Binary
		want   []string
	}{
		{"another version answers", Binary{honest.Path, "1.31.4"}, []string{"it answers as Kubernetes 1.36, and the binary says 1.31"}},
		{"it ends", Binary{other, "1.31.4"}, []string{"the API server ended while it was starting", "no such flag", "running " + other + ": exit status 7"}},
		{"it is not there", Binary{filepath.Join(t.TempDir(), binaryName), "1.31.4"}, []string{"no such file or directory"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			scratch(t)
			s := start(t, Options{Binary: &tt.binary})
			_, err := s.Ready(t.Context())
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			_ = s.Close()
			if pids := running(t, tt.binary.Path); len(pids) > 0 {
				t.Errorf("left behind: %v", pids)
			}
		})
	}
}

// Whichever process is killed, the others go as well.
func TestBinaryIsKilled(t *testing.T) {
	b := shelved(t)
	gone := func(dir string) func() bool {
		return func() bool { return len(running(t, b.Path)) == 0 && len(left(t, dir)) == 0 }
	}
	t.Run("what supervises it", func(t *testing.T) {
		dir := scratch(t)
		s := start(t, Options{Binary: &b})
		connect(t, s)
		if err := syscall.Kill(s.Pid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "everything is gone", gone(dir))
		if err := s.Err(); err == nil {
			t.Error("nobody has noticed")
		}
	})
	t.Run("it", func(t *testing.T) {
		dir := scratch(t)
		s := start(t, Options{Binary: &b})
		connect(t, s)
		for _, pid := range running(t, b.Path) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "everything is gone", gone(dir))
		if err := s.Lost(t.Context()); err == nil || !strings.Contains(err.Error(), "signal: killed") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the parent", func(t *testing.T) {
		dir := scratch(t)
		p, err := child.Start(t.Context(), parentRole, os.Stderr, binaryVariable+"="+b.Path, versionVariable+"="+b.Version)
		if err != nil {
			t.Fatal(err)
		}
		var pid int
		if _, err := fmt.Fscan(p.Stdout, &pid); err != nil {
			t.Fatal(err)
		}
		if len(running(t, b.Path)) != 1 {
			t.Error("there is no server")
		}
		p.Kill()
		eventually(t, "everything is gone", func() bool { return !alive(pid) && gone(dir)() })
		_ = p.Close()
	})
}

// A run that is over leaves nothing, however early it ends.
func TestBinaryIsCancelled(t *testing.T) {
	b, dir := shelved(t), scratch(t)
	for _, after := range []time.Duration{0, 10 * time.Millisecond, 200 * time.Millisecond, time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		s, err := Start(ctx, Options{Binary: &b})
		if err == nil {
			_, err = s.Ready(t.Context())
			_ = s.Close()
		}
		cancel()
		if err == nil || len(running(t, b.Path)) > 0 || len(left(t, dir)) > 0 {
			t.Errorf("after %s: %v, %v, %v", after, err, running(t, b.Path), left(t, dir))
		}
	}
}
