// Package apiserver runs a real kube-apiserver with its own etcd in a child
// process of this same binary, for as long as its parent lives and no longer. For
// versions that the embedded one cannot answer as, the child runs a kube-apiserver
// that the operator gives. It does not know what is asked of the server.
//
// A process of its own, because kube-apiserver keeps its feature gates, its
// registries and its log for the whole process, and may end it.
package apiserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/penstock-dev/penstock/internal/child"
	"k8s.io/client-go/rest"
)

// Role is the role in which the server's process is started; see internal/child.
const Role = "apiserver"

// DefaultStartTimeout is how long a server may take until it is ready. It takes
// two to three seconds on two idle cores, and much longer on a busy machine.
const DefaultStartTimeout = 90 * time.Second

// DefaultAnswerTimeout is how long a server may take to come back to its first
// state, or to bring in force what is stored; a fraction of a second is usual.
const DefaultAnswerTimeout = 2 * time.Minute

// pollInterval is the pause between two questions whether the server is ready.
const pollInterval = 20 * time.Millisecond

// Options say which server is wanted.
type Options struct {
	// KubernetesVersion is the minor version to answer as, such as "1.35"; empty
	// means the newest. Supported says which there are.
	KubernetesVersion string
	// Binary is run in place of the embedded server, and answers as its own version;
	// KubernetesVersion says nothing then.
	Binary *Binary
	// StartTimeout bounds the time until the server is ready; 0 means
	// DefaultStartTimeout.
	StartTimeout time.Duration
	// AnswerTimeout bounds each Reset and FenceNamespaces; 0 means
	// DefaultAnswerTimeout.
	AnswerTimeout time.Duration
	// Memory bounds what the server takes, in bytes; it ends when that is not
	// enough. 0 means DefaultMemory.
	Memory int64
}

// Server is a server in a child process. Its methods are safe for concurrent use.
type Server struct {
	version string
	// binary is nil for the embedded server.
	binary  *Binary
	process *child.Process
	log     *tail
	// patience bounds the wait for an answer on the pipe.
	patience time.Duration

	// answers are the JSON lines that the child prints, the greeting first; after
	// that they belong to who has the turn.
	answers *json.Decoder
	turn    chan struct{}

	// started is closed once the server is ready or cannot become so; config and
	// err are set before that.
	started chan struct{}
	config  *rest.Config
	err     error

	closeOnce sync.Once
	closeErr  error
	cancel    context.CancelFunc
}

// Start starts a server and returns without waiting for it; Ready waits. A
// version that the binary cannot answer as is a *VersionError, and nothing is
// started. The server ends with ctx, with Close, or with this process, however
// that ends. The caller closes it.
func Start(ctx context.Context, opts Options) (*Server, error) {
	version, path := "", ""
	if opts.Binary != nil {
		version, path = opts.Binary.Minor(), opts.Binary.Path
	} else {
		var err error
		if version, err = Resolve(opts.KubernetesVersion); err != nil {
			return nil, err
		}
	}
	sweep(tempDir())
	log := &tail{}
	ctx, cancel := context.WithCancel(ctx)
	process, err := child.Start(ctx, Role, log, versionVariable+"="+version, binaryVariable+"="+path, memoryVariable+"="+strconv.FormatInt(cmp.Or(opts.Memory, DefaultMemory), 10))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("starting the API server: %w", err)
	}
	s := &Server{
		version: version, binary: opts.Binary, process: process, log: log, cancel: cancel, patience: cmp.Or(opts.AnswerTimeout, DefaultAnswerTimeout),
		answers: json.NewDecoder(process.Stdout), turn: make(chan struct{}, 1), started: make(chan struct{}),
	}
	timeout := opts.StartTimeout
	if timeout <= 0 {
		timeout = DefaultStartTimeout
	}
	go s.watch(ctx, timeout)
	return s, nil
}

// Version is the Kubernetes minor version that the server answers as.
func (s *Server) Version() string { return s.version }

// Name says who answers, for people: "embedded 1.36", or "kube-apiserver 1.31.4".
func (s *Server) Name() string { return name(s.version, s.binary) }

// Name is that of the server.
func (o Options) Name() string { return name(o.KubernetesVersion, o.Binary) }

func name(version string, binary *Binary) string {
	if binary != nil {
		return binaryName + " " + binary.Version
	}
	return "embedded " + version
}

// Resettable reports whether Reset can bring the first state back: that of a
// Binary cannot.
func (s *Server) Resettable() bool { return s.binary == nil }

// Pid is the process ID of the server.
func (s *Server) Pid() int { return s.process.Pid() }

// Ready waits until the server answers, and returns how to reach it with all
// rights. Its error is an *Error with the end of the server's log, or that of ctx.
func (s *Server) Ready(ctx context.Context) (*rest.Config, error) {
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the API server: %w", context.Cause(ctx))
	case <-s.started:
	}
	if s.err != nil {
		return nil, s.err
	}
	return rest.CopyConfig(s.config), nil
}

// deathPatience bounds how long it takes to notice that a process has ended once
// its connections broke; milliseconds are usual.
const deathPatience = 5 * time.Second

// Lost says why the server has ended to somebody whose connection broke, which
// happens a moment before its process is gone. It is nil if the server lives on
// for a few seconds, or until ctx ends.
func (s *Server) Lost(ctx context.Context) error {
	timer := time.NewTimer(deathPatience)
	defer timer.Stop()
	select {
	case <-s.process.Done():
	case <-ctx.Done():
	case <-timer.C:
	}
	return s.Err()
}

// Err says why the server has ended although it was not closed; it is nil as
// long as the server is not known to have ended. See Lost.
func (s *Server) Err() error {
	select {
	case <-s.process.Done():
		return s.fail("the API server has ended", s.process.Err())
	default:
		return nil
	}
}

// Close ends the server and waits until its process and its files are gone. It
// may be called more than once.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.closeErr = s.process.Close()
		s.cancel()
		<-s.started
		sweep(tempDir())
	})
	return s.closeErr
}

// Log is the end of the server's log.
func (s *Server) Log() string { return s.log.String() }

// Error says that the server did not start, or ended.
type Error struct {
	Msg string
	// Log is the end of the server's log; it may be empty.
	Log string
	err error
}

func (e *Error) Error() string {
	msg := e.Msg
	if e.err != nil {
		msg += ": " + e.err.Error()
	}
	if e.Log != "" {
		msg += "\nits log ends with:\n" + e.Log
	}
	return msg
}

func (e *Error) Unwrap() error { return e.err }

func (s *Server) fail(msg string, err error) error {
	return &Error{Msg: msg, Log: s.log.String(), err: err}
}

// watch brings the server to readiness. A child that died by itself has not
// removed its files, so they are removed here.
func (s *Server) watch(ctx context.Context, timeout time.Duration) {
	waiting, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	config, err := s.connect(waiting)
	switch {
	case err == nil:
		s.config = config
	case isDone(s.process):
		s.err = s.fail("the API server ended while it was starting", errors.Join(s.process.Err()))
	case ctx.Err() != nil:
		s.err = fmt.Errorf("starting the API server: %w", context.Cause(ctx))
	case waiting.Err() != nil:
		s.err = s.fail(fmt.Sprintf("the API server was not ready after %s", timeout), err)
	default:
		s.err = s.fail("the API server did not start", err)
	}
	close(s.started)
	<-s.process.Done()
	sweep(tempDir())
}

func isDone(p *child.Process) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

// greeting is what the child prints once: where it will serve, and what it
// takes to be let in. It travels over the pipe alone.
type greeting struct {
	Host  string `json:"host"`
	CA    []byte `json:"ca"`
	Token string `json:"token"`
}

// connect waits for the greeting of the child, until it is ready, and until it
// has kept the state to come back to.
func (s *Server) connect(ctx context.Context) (*rest.Config, error) {
	type answer struct {
		greeting
		err error
	}
	greeted := make(chan answer, 1)
	go func() {
		var a answer
		a.err = s.answers.Decode(&a.greeting)
		greeted <- a
	}()
	var a answer
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.process.Done():
		return nil, s.process.Err()
	case a = <-greeted:
	}
	if a.err != nil {
		// The pipe ends a moment before the process does.
		select {
		case <-s.process.Done():
		case <-ctx.Done():
		}
		return nil, fmt.Errorf("reading what the server says of itself: %w", a.err)
	}
	config := &rest.Config{
		Host:            "https://" + a.Host,
		BearerToken:     a.Token,
		TLSClientConfig: rest.TLSClientConfig{CAData: a.CA},
		// The server is this process's own: its clients bound themselves.
		QPS: -1,
	}
	if err := s.poll(ctx, config); err != nil {
		return nil, err
	}
	return config, s.tell(ctx, doKeep)
}

// poll asks the server until it says that it is ready.
func (s *Server) poll(ctx context.Context, config *rest.Config) error {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return fmt.Errorf("making a client for the API server: %w", err)
	}
	defer client.CloseIdleConnections()
	client.Timeout = 5 * time.Second
	timer := time.NewTicker(pollInterval)
	defer timer.Stop()
	for {
		last := ask(ctx, client, config.Host)
		if last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return last
		case <-s.process.Done():
			return s.process.Err()
		case <-timer.C:
		}
	}
}

func ask(ctx context.Context, client *http.Client, host string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, host+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answers %s", resp.Status)
	}
	return nil
}
