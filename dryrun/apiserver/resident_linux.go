package apiserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// resident is how much memory of its own a process has, in bytes: what it shares
// with others, such as the file that it runs, is none of it (proc_pid_status(5),
// RssAnon). A process that has ended is os.ErrProcessDone.
func resident(_ context.Context, pid int) (uint64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return 0, os.ErrProcessDone
	}
	if err != nil {
		return 0, err
	}
	// Some systems that stand in for Linux know the whole only.
	for _, field := range []string{"\nRssAnon:", "\nVmRSS:"} {
		_, rest, found := bytes.Cut(status, []byte(field))
		if !found {
			continue
		}
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		kib, err := strconv.ParseUint(string(bytes.TrimSpace(bytes.TrimSuffix(line, []byte("kB")))), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the memory of process %d: %w", pid, err)
		}
		return kib << 10, nil
	}
	// One that nobody has waited for has none.
	return 0, os.ErrProcessDone
}
