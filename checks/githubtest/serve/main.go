// Command serve runs the test GitHub on a loopback port until it is interrupted.
// It knows the pull request of one event, and prints its own address first.
// Besides GitHub's API it answers two questions: /posted says what it holds and
// which requests GitHub would not have taken, and /releases/ has the files of a
// directory, as a project's releases do.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/penstock-dev/penstock/checks/githubtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(log)
	event := flags.String("event", "", "the `FILE` of a pull_request event")
	merge := flags.String("merge", "", "the `COMMIT` that merges the pull request, as GitHub makes it for a workflow")
	releases := flags.String("releases", "", "a `DIR` to serve below /releases/")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var seen violations
	github, err := githubtest.New(seen.add)
	if err != nil {
		return err
	}
	if err := know(github, *event, *merge); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", github)
	mux.HandleFunc("GET /posted", func(w http.ResponseWriter, _ *http.Request) {
		github.Show(w)
		seen.show(w)
	})
	if *releases != "" {
		mux.Handle("GET /releases/", http.StripPrefix("/releases/", http.FileServer(http.Dir(*releases))))
	}
	return serve(ctx, mux, out)
}

// know reads an event, and makes its commits known. Where a push has replaced an
// older head, a check is in progress there, as a job that was killed leaves it.
func know(github *githubtest.Server, file, merge string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the event: %w", err)
	}
	type side struct {
		SHA string `json:"sha"`
	}
	var event struct {
		Number int    `json:"number"`
		Before string `json:"before"`
		Pull   struct {
			Head side `json:"head"`
			Base side `json:"base"`
		} `json:"pull_request"`
	}
	if err := json.Unmarshal(text, &event); err != nil {
		return fmt.Errorf("reading the event %s: %w", file, err)
	}
	if event.Number == 0 || event.Pull.Head.SHA == "" {
		return fmt.Errorf("reading the event %s: it has no pull request", file)
	}
	github.AddPull(githubtest.Pull{Number: event.Number, Head: event.Pull.Head.SHA, Base: event.Pull.Base.SHA, Merge: merge})
	if event.Before != "" {
		github.AddRun(githubtest.Run{
			Name: "penstock", HeadSHA: event.Before, Status: "in_progress",
			ExternalID: "penstock:v1:20260102T030405.000Z:" + strings.Repeat("0", 16) + ":0",
		})
	}
	return nil
}

// serve answers until the context ends.
func serve(ctx context.Context, handler http.Handler, out io.Writer) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // what is under way is of no use any more
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// violations are the requests so far that GitHub would not have taken.
type violations struct {
	mu  sync.Mutex
	all []error
}

func (v *violations) add(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all = append(v.all, err)
}

func (v *violations) show(w io.Writer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, err := range v.all {
		fmt.Fprintf(w, "violation: %v\n", err)
	}
}
