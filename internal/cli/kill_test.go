package cli_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestKilledAtAnyMoment kills a check with SIGKILL, 50 times at random moments,
// and looks for what it leaves behind: a child process, or a file in the
// directory for temporary ones.
func TestKilledAtAnyMoment(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("finding the children of a dead process takes /proc")
	}
	rounds := 50
	if testing.Short() {
		rounds = 5
	}
	repo, temp := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"base/overlays/prod/kustomization.yaml": "resources: [cm.yaml]\n",
		"base/overlays/prod/cm.yaml":            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n",
		"head/overlays/prod/kustomization.yaml": "resources: [cm.yaml]\nnamePrefix: x-\n",
		"head/overlays/prod/cm.yaml":            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n",
	} {
		file := filepath.Join(repo, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func() *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "penstock", "check", "--dry-run=off", "--base-dir", filepath.Join(repo, "base"), "--head-dir", filepath.Join(repo, "head"))
		cmd.Env = append(os.Environ(), "TMPDIR="+temp)
		return cmd
	}
	started := time.Now()
	if out, err := check().CombinedOutput(); err != nil {
		t.Fatalf("a check that is not killed: %v\n%s", err, out)
	}
	whole := time.Since(started)
	for range rounds {
		cmd := check()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(whole))
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // killed, or not
	}
	deadline := time.Now().Add(20 * time.Second)
	for len(children(t, temp)) > 0 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if left := children(t, temp); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	files, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) > 0 {
		t.Errorf("files are left: %v", files)
	}
}

// children are the processes whose directory for temporary files is temp.
func children(t *testing.T, temp string) []string {
	t.Helper()
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range environs {
		data, err := os.ReadFile(file)
		if err == nil && bytes.Contains(data, []byte("TMPDIR="+temp)) {
			found = append(found, strings.Split(file, "/")[2])
		}
	}
	return found
}
