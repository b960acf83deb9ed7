package apiserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// What the child is told in its environment.
const (
	// versionVariable is the minor version to answer as.
	versionVariable = "PENSTOCK_APISERVER_VERSION"
	// binaryVariable is the kube-apiserver to run; empty for the embedded one.
	binaryVariable = "PENSTOCK_APISERVER_BINARY"
	// memoryVariable is how many bytes the server may take.
	memoryVariable = "PENSTOCK_APISERVER_MEMORY"
)

// Main is the whole of the child process; it returns its exit code. It prints
// one greeting on stdout, serves until stdin ends, ctx ends or a signal comes,
// answers there what it is asked on stdin, and removes its files. The caller
// passes the code to os.Exit, which ends what kube-apiserver has started.
func Main(ctx context.Context, stdin io.Reader, stdout io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// When the parent is gone so is the reader of the log, and the next line of
	// it must not end this process before it has removed its files.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bound := newMemory()
	go bound.watch(ctx, cancel)
	requests := make(chan request)
	go func() {
		listen(ctx, stdin, requests)
		cancel(nil)
	}()
	err := run(ctx, bound, requests, stdout)
	var full *memoryError
	if errors.As(context.Cause(ctx), &full) {
		err = full
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "the API server cannot run: %v\n", err)
		return 1
	}
	return 0
}

// run makes the private directory, serves out of it, and removes it.
func run(ctx context.Context, bound *memory, requests <-chan request, stdout io.Writer) (err error) {
	dir, err := newDirectory(tempDir())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.remove()) }()
	// Sockets are named relative to the directory, since the path of a unix
	// socket is limited to about a hundred bytes and TMPDIR may be longer.
	if err := os.Chdir(dir.path); err != nil {
		return fmt.Errorf("entering the private directory: %w", err)
	}
	attend := func(ctx context.Context, do func(context.Context, string) error) error {
		return obey(ctx, do, requests, stdout)
	}
	greet := func(g greeting) error {
		if err := json.NewEncoder(stdout).Encode(g); err != nil {
			return fmt.Errorf("greeting the parent: %w", err)
		}
		return nil
	}
	if path := os.Getenv(binaryVariable); path != "" {
		return serveBinary(ctx, dir.path, path, bound, greet, attend)
	}
	return serveEmbedded(ctx, dir.path, greet, attend)
}
