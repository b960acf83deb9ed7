package apiserver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// starts is how many servers TestStartsLeaveNothing starts;
// PENSTOCK_TEST_STARTS takes the place of it.
const starts = 14

// Servers that are closed, killed or cancelled, ready or not, leave no process,
// file, socket or goroutine.
func TestStartsLeaveNothing(t *testing.T) {
	count := starts
	if n, err := strconv.Atoi(os.Getenv("PENSTOCK_TEST_STARTS")); err == nil {
		count = n
	}
	dir := scratch(t)
	// The first one leaves what belongs to the process, such as its poller.
	startAndEnd(t, 0)
	files, routines := openFiles(t), runtime.NumGoroutine()
	for n := range count {
		startAndEnd(t, n)
	}
	eventually(t, "no file of a server is left", func() bool { return len(left(t, dir)) == 0 })
	eventually(t, "no more files are open than before", func() bool { return openFiles(t) <= files })
	deadline := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > routines && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > routines {
		var stacks strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
		t.Errorf("there were %d goroutines, and are %d:\n%s", routines, now, stacks.String())
	}
}

// startAndEnd starts a server, and ends it in one of the ways there are: now and
// then once it is ready, and mostly at some moment before, early ones more often
// than late ones. Those are cheap, and more happens then.
func startAndEnd(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ready, some := n%8 == 0, time.Duration(math.Pow(rand.Float64(), 3)*float64(3*time.Second))
	if ready {
		_, err = s.Ready(ctx)
	} else {
		time.Sleep(some)
	}
	if err != nil {
		t.Error(err)
	}
	switch {
	case ready || n%3 == 0:
	case n%3 == 1:
		_ = syscall.Kill(s.Pid(), syscall.SIGKILL)
	default:
		cancel()
	}
	err = s.Close()
	if ready && err != nil {
		t.Errorf("the end of the %dth: %v", n, err)
	}
	if alive(s.Pid()) {
		t.Errorf("%d, ended after %s: the process %d is still there", n, some, s.Pid())
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("counting the open files takes /proc: %v", err)
	}
	return len(entries)
}

// A server that needs more memory than it may have ends, and says so.
func TestMemoryIsBounded(t *testing.T) {
	scratch(t)
	s := start(t, Options{Memory: 64 << 20})
	_, err := s.Ready(t.Context())
	var e *Error
	if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "the API server ended while it was starting: exit status 1") ||
		!strings.HasSuffix(e.Log, "the API server cannot run: it takes more than 64 MiB of memory") {
		t.Errorf("got: %v", err)
	}
}

// What is in use may not fit into what the collector is told to keep to at first.
func TestMemoryIsEased(t *testing.T) {
	limit, percent := debug.SetMemoryLimit(sparing), debug.SetGCPercent(growth)
	t.Cleanup(func() { debug.SetMemoryLimit(limit); debug.SetGCPercent(percent) })
	m := &memory{limit: DefaultMemory}
	for _, c := range []struct {
		taken uint64
		limit int64
	}{{sparing / 2, sparing}, {sparing, DefaultMemory / 4 * 3}, {sparing / 2, DefaultMemory / 4 * 3}} {
		m.ease(c.taken)
		if got := debug.SetMemoryLimit(-1); got != c.limit {
			t.Errorf("with %d MiB taken the limit is %d MiB, want %d", c.taken>>20, got>>20, c.limit>>20)
		}
	}
}

// So does a kube-apiserver of its own: the bound is for it and for what supervises
// it together, which alone is far below. It is told the bound as well.
func TestMemoryOfBinaryIsBounded(t *testing.T) {
	hungry := filepath.Join(t.TempDir(), binaryName)
	// It keeps a quarter of a gigabyte in itself.
	text := "#!/bin/sh\necho $$ has $GOMEMLIMIT >&2\nall=$(head -c 268435456 /dev/zero | tr '\\0' a)\nsleep 600\n"
	if err := os.WriteFile(hungry, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	scratch(t)
	s := start(t, Options{Binary: &Binary{hungry, "1.31.4"}, Memory: 128 << 20, StartTimeout: 30 * time.Second})
	_, err := s.Ready(t.Context())
	var e *Error
	if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "the API server ended while it was starting: exit status 1") ||
		!strings.HasSuffix(e.Log, "the API server cannot run: it takes more than 128 MiB of memory") {
		t.Errorf("got: %v", err)
	}
	// The etcd beside it has its own lines there.
	var pid, limit int
	for line := range strings.Lines(s.Log()) {
		if _, err := fmt.Sscanf(line, "%d has %d\n", &pid, &limit); err == nil {
			break
		}
	}
	if limit != 96<<20 {
		t.Fatalf("it was told %d:\n%s", limit, s.Log())
	}
	eventually(t, "it has ended", func() bool { return !alive(pid) })
}

// What a process has of its own grows with what it writes to, and that of one
// that is gone is said to be gone.
func TestResident(t *testing.T) {
	before, err := resident(t.Context(), os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	taken := make([]byte, size)
	for n := 0; n < size; n += 512 {
		taken[n] = 1
	}
	after, err := resident(t.Context(), os.Getpid())
	if err != nil || after < before+size*9/10 {
		t.Errorf("it had %d bytes, has %d after %d more were taken, and %v", before, after, size, err)
	}
	runtime.KeepAlive(taken)
	gone := exec.CommandContext(t.Context(), "true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := resident(t.Context(), gone.Process.Pid); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a process that is gone: %v", err)
	}
}

// A server that hangs does not hold up who asks for its state, and ends.
func TestAnswersAreBounded(t *testing.T) {
	scratch(t)
	s := start(t, Options{AnswerTimeout: time.Second})
	connect(t, s)
	if err := syscall.Kill(s.Pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it hangs", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.Pid()))
		return err == nil && strings.Contains(string(stat), ") T ")
	})
	err := s.Reset(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "resetting the API server: the API server gave no answer within 1s") {
		t.Errorf("got: %v", err)
	}
	eventually(t, "it has ended", func() bool { return !alive(s.Pid()) })
}
