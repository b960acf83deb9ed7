package child_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/child"
)

// TestMain is also the child: it starts a process that holds its standard error
// open, says which, and leaves it behind.
func TestMain(m *testing.M) {
	if child.Role() == "" {
		os.Exit(m.Run())
	}
	left := exec.CommandContext(context.Background(), "sleep", "60")
	left.Stderr = os.Stderr
	if err := left.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(left.Process.Pid)
}

// TestGroup: what a child leaves behind is killed while the child still holds the
// number of their group, before it is waited for: nobody waits for what was left
// to close standard error.
func TestGroup(t *testing.T) {
	var stderr bytes.Buffer
	started := time.Now()
	p, err := child.Start(t.Context(), "leaver", &stderr)
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(p.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(said)))
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	if err := p.Close(); err != nil {
		t.Errorf("after %s: %v", time.Since(started), err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		// Where nobody waits for orphans, it stays as one that has ended.
		state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if syscall.Kill(pid, 0) == syscall.ESRCH || bytes.Contains(state, []byte(") Z ")) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the process %d is still there: %s", pid, state)
		}
	}
}
