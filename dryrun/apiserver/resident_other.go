//go:build !linux

package apiserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// resident is how much memory a process has, in bytes, as ps says. A process that
// has ended is os.ErrProcessDone.
func resident(ctx context.Context, pid int) (uint64, error) {
	out, err := exec.CommandContext(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	var none *exec.ExitError
	if errors.As(err, &none) && len(bytes.TrimSpace(out)) == 0 {
		return 0, os.ErrProcessDone
	}
	if err != nil {
		return 0, err
	}
	kib, err := strconv.ParseUint(string(bytes.TrimSpace(out)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading what ps says of process %d: %w", pid, err)
	}
	return kib << 10, nil
}
