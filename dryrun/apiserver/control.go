package apiserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// What a parent may ask its server, one JSON line each on the child's stdin;
// each gets one JSON line as its answer on stdout, after the greeting.
const (
	// doKeep keeps what is stored now as the state to come back to.
	doKeep = "keep"
	// doReset brings that state back.
	doReset = "reset"
	// doFence waits until what is stored is in force.
	doFence = "fence"
)

type request struct {
	Do string `json:"do"`
}

type reply struct {
	// Error is empty when it is done.
	Error string `json:"error,omitempty"`
}

// Reset brings the server back to the state in which it became ready, so that
// nothing of what was asked before shows in what is asked next: objects, custom
// resource definitions, policies, addresses and ports of Services, and what the
// server's caches know of them. Resource versions go on, and are never used
// twice. Nobody else may use the server meanwhile.
//
// A server whose Reset fails is ended, since nobody can tell what it still
// knows; the caller closes it and starts another one. That of a Binary never can
// be reset.
func (s *Server) Reset(ctx context.Context) error {
	if err := s.demand(ctx, doReset); err != nil {
		return fmt.Errorf("resetting the API server: %w", err)
	}
	return nil
}

// FenceNamespaces waits until all that was written before the call is in force:
// the labels of namespaces for Pod Security, and likewise limit ranges, quotas,
// service accounts, classes and admission policies. Admission reads them out of
// caches that follow the store a moment later, and nothing else tells when.
//
// It does not wait for custom resource definitions: the conditions of a new one
// tell when it is in force, and the tables of its kind when a changed one is. Like
// Reset, it ends the server when it fails, also by the end of ctx.
func (s *Server) FenceNamespaces(ctx context.Context) error {
	if err := s.demand(ctx, doFence); err != nil {
		return fmt.Errorf("waiting for the API server's caches: %w", err)
	}
	return nil
}

// demand asks once the server is ready, one after the other. Whatever goes wrong
// ends the server: the next answer might be that to this question.
func (s *Server) demand(ctx context.Context, what string) (err error) {
	defer func() {
		if err != nil {
			s.cancel()
		}
	}()
	if _, err := s.Ready(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case s.turn <- struct{}{}:
	}
	defer func() { <-s.turn }()
	ctx, stop := context.WithTimeoutCause(ctx, s.patience, s.fail(fmt.Sprintf("the API server gave no answer within %s", s.patience), nil))
	defer stop()
	return s.tell(ctx, what)
}

// tell writes one request and waits for its answer. After an error nothing more
// may be told to this server.
func (s *Server) tell(ctx context.Context, what string) error {
	answered := make(chan error, 1)
	go func() { answered <- s.exchange(what) }()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.process.Done():
		return s.Err()
	case err := <-answered:
		var refused refusal
		if err == nil || errors.As(err, &refused) {
			return err
		}
		return cmp.Or(s.Lost(ctx), err)
	}
}

// refusal is what the server says that it could not do.
type refusal string

func (r refusal) Error() string { return string(r) }

func (s *Server) exchange(what string) error {
	if err := json.NewEncoder(s.process.Stdin).Encode(request{what}); err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	var r reply
	if err := s.answers.Decode(&r); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	if r.Error != "" {
		return refusal(r.Error)
	}
	return nil
}

// listen passes on what the parent asks, until its end of the lifeline closes;
// that is when it returns.
func listen(ctx context.Context, stdin io.Reader, requests chan<- request) {
	decoder := json.NewDecoder(stdin)
	for {
		var r request
		// What is no request is taken for the end: nobody but the parent writes here.
		if decoder.Decode(&r) != nil {
			return
		}
		select {
		case requests <- r:
		case <-ctx.Done():
			return
		}
	}
}

// obey does what the parent asks until ctx ends.
func obey(ctx context.Context, do func(context.Context, string) error, requests <-chan request, stdout io.Writer) error {
	answers := json.NewEncoder(stdout)
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-requests:
			var answer reply
			if err := do(ctx, r.Do); err != nil {
				answer.Error = err.Error()
			}
			if err := answers.Encode(answer); err != nil {
				return fmt.Errorf("answering the parent: %w", err)
			}
		}
	}
}
