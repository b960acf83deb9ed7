package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/penstock-dev/penstock/internal/child"
)

// keeperRole is the role of a child that owns a directory for temporary files:
// it makes the directory and removes it when its parent has ended, also when
// that was killed.
const keeperRole = "keeper"

// keptDirectory makes a directory for temporary files that does not outlive this
// process. remove removes it at once.
func keptDirectory(ctx context.Context, log io.Writer) (dir string, remove func() error, err error) {
	// The keeper outlives ctx: at its end there still is something to remove.
	keeper, err := child.Start(context.WithoutCancel(ctx), keeperRole, log)
	if err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(keeper.Stdout).ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("making a temporary directory: %w", errors.Join(err, keeper.Close()))
	}
	return strings.TrimSuffix(line, "\n"), keeper.Close, nil
}

// keep is the keeper: it makes a directory, prints its path, and removes it when
// in ends.
func keep(in io.Reader, out, log io.Writer) int {
	// To print to a parent that is gone must not end the keeper with a signal.
	signal.Ignore(syscall.SIGPIPE)
	dir, err := os.MkdirTemp("", "penstock-demo-")
	if err == nil {
		// What git and the report say of the directory is its real path.
		if resolved, linkErr := filepath.EvalSymlinks(dir); linkErr == nil {
			dir = resolved
		}
		_, err = fmt.Fprintln(out, dir)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	err = errors.Join(err, removeTree(dir))
	if err != nil {
		fmt.Fprintf(log, "penstock: keeping a temporary directory: %v\n", err)
		return codeUndecided
	}
	return codePass
}

// removeTree tries for a moment: a git whose parent was killed may still write.
func removeTree(dir string) error {
	var err error
	for range 50 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}
