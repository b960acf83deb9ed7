package cli_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestKilledAtAnyMoment kills a check with SIGKILL, 50 times at random moments
// of rendering, of the start of the API server and of its answers, and looks for
// what it leaves behind: a child process, or a file in the directory for
// temporary ones.
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
		write(t, filepath.Join(repo, name), text)
	}
	check := func() *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "penstock", "check", "--base-dir", filepath.Join(repo, "base"), "--head-dir", filepath.Join(repo, "head"))
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
	nothingLeft(t, temp)
}

// TestInterrupted sends what Ctrl-C sends, in the middle of a check: it ends
// with exit code 2, says so, and leaves neither a child nor a file.
func TestInterrupted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("finding the children of a process takes /proc")
	}
	for name, test := range map[string]struct {
		// So many that rendering them takes longer than to see that it goes on.
		environments int
		dryRun       string
		// children is how many there are when it is interrupted.
		children int
	}{
		"while it renders":              {environments: 300, dryRun: "off", children: 2},
		"while the API server starts":   {environments: 1, dryRun: "embedded", children: 3},
		"while environments take turns": {environments: 300, dryRun: "embedded", children: 4},
	} {
		t.Run(name, func(t *testing.T) { interrupted(t, test.environments, test.dryRun, test.children) })
	}
}

func interrupted(t *testing.T, environments int, dryRun string, busy int) {
	dir, temp := t.TempDir(), t.TempDir()
	for _, side := range []string{"base", "head"} {
		for i := range environments {
			overlay := filepath.Join(dir, side, "overlays", fmt.Sprintf("env%d", i))
			write(t, filepath.Join(overlay, "kustomization.yaml"), "resources: [cm.yaml]\n")
			write(t, filepath.Join(overlay, "cm.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: "+side+"}\n")
		}
	}
	out := filepath.Join(dir, "report.json")
	cmd := exec.CommandContext(t.Context(), "penstock", "check", "--dry-run="+dryRun, "--output", "json="+out,
		"--base-dir", filepath.Join(dir, "base"), "--head-dir", filepath.Join(dir, "head"))
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); len(children(t, temp)) < busy && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its exit code is looked at below
	if code := cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	if got, want := stderr.String(), "penstock: interrupted: nothing was decided\n"; got != want {
		t.Errorf("stderr is %q, want %q", got, want)
	}
	if stdout.Len() > 0 {
		t.Errorf("stdout is %q, want nothing", stdout.String())
	}
	nothingLeft(t, temp)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("beside the output there is %v, want base and head only", entries)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// nothingLeft waits until the processes that use temp are gone, and looks that
// it is empty.
func nothingLeft(t *testing.T, temp string) {
	t.Helper()
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
