// Package dryrun tries a change on a real API server: it brings the server to
// the state of the base, and asks it what it would say of every object of the
// head, without storing anything of it. It does not render, and does not judge
// beyond what the server answers.
package dryrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// The modes of a dry-run beside "off".
const (
	// Embedded is the API server that this binary carries.
	Embedded = "embedded"
	// Cluster is the live cluster that the context of each environment names.
	Cluster = "cluster"
)

// Options say where changes are tried.
type Options struct {
	// Mode is Embedded or Cluster.
	Mode string
	// Kubeconfig is the file of mode Cluster for all environments; empty takes that
	// of each environment, and without one looks where kubectl looks.
	Kubeconfig string
	// Drift has the live clusters of all environments that the change affects
	// compared with base as well; else those of environments that ask for it.
	Drift bool
	// Assets are for embedded servers.
	Assets Assets
	// RequestTimeout bounds each request to a server; 0 means 30 s.
	RequestTimeout time.Duration
}

// Input is one environment of a change.
type Input struct {
	Environment config.Environment
	Base, Head  *manifest.Set
	Deltas      []diff.Delta
	// Definitions are custom resource definitions that the cluster has and neither
	// base nor head renders; those that they render win. It may be nil.
	Definitions *manifest.Set
	// Sisters are the other environments of the repository; it may be nil. They are
	// asked only where a live cluster has more than base.
	Sisters Sisters
	// alone leaves out what the deltas do not change.
	alone bool
}

// Result is what the server says of one environment.
type Result struct {
	// Backend names who answered, such as "embedded 1.36"; it is empty where
	// nobody did.
	Backend  string
	Findings []verdict.Finding
	// Entries has at least one line for every delta.
	Entries []verdict.Entry
	// Effects are those of each delta, in their order; it is empty where nobody
	// answered.
	Effects [][]verdict.Effect
	// Rollback says whether the change can be undone; it is nil where nothing
	// changes.
	Rollback *verdict.Rollback
}

// backend gives API servers to try environments on. It is what the embedded
// servers and live clusters have in common.
type backend interface {
	// prepare makes a server ready in the background for the environment, where
	// that takes time. The server lives until close.
	prepare(ctx context.Context, env config.Environment)
	// acquire waits for a server. The caller releases it.
	acquire(ctx context.Context, env config.Environment) (*target, error)
	close() error
}

// Runner tries changes. It is safe for concurrent use.
type Runner struct {
	backend backend
	// aside tries what the backend cannot, because it comes with the change; nil
	// where there is nothing of that kind.
	aside backend
	drift bool
}

// New returns a runner; nothing is started until it is needed. An unknown mode
// is an error.
func New(opts Options) (*Runner, error) {
	switch opts.Mode {
	case Embedded:
		return &Runner{backend: newFleet(opts)}, nil
	case Cluster:
		return &Runner{backend: clusters{opts.Kubeconfig, opts.RequestTimeout}, aside: newFleet(opts), drift: opts.Drift}, nil
	}
	return nil, fmt.Errorf("there is no dry-run mode %q", opts.Mode)
}

// Prepare starts a server in the background for the environment, so that it is
// ready when the environment is rendered. The server lives until Close.
func (r *Runner) Prepare(ctx context.Context, env config.Environment) { r.backend.prepare(ctx, env) }

// Close ends what was started. The runner must not be used afterwards.
func (r *Runner) Close() error {
	err := r.backend.close()
	if r.aside != nil {
		err = errors.Join(err, r.aside.close())
	}
	return err
}

// Try tries one environment. Whatever keeps an object from being tried is an
// entry of the result; the error is for the end of ctx.
func (r *Runner) Try(ctx context.Context, in Input) (Result, error) {
	if len(in.Deltas) == 0 {
		return Result{}, nil
	}
	s, err := attempt(ctx, r.backend, in)
	if err != nil {
		return unreachable(in, err), ctx.Err()
	}
	switch wanted := r.drift || in.Environment.Drift; {
	case wanted && s.live:
		s.findDrift(ctx)
	case wanted:
		s.note(verdict.Object{}, unverifiable, "whether the cluster has drifted from base: no cluster is asked — --dry-run=cluster asks it")
	}
	if r.aside != nil && s.leaves() {
		s.sendAway(ctx, r.aside)
	}
	s.countQuotas()
	return s.result(), ctx.Err()
}

// attempt tries an environment on a server of a backend. Its error is for what
// keeps all of it from being tried.
func attempt(ctx context.Context, b backend, in Input) (*session, error) {
	t, err := b.acquire(ctx, in.Environment)
	if err != nil {
		return nil, err
	}
	defer t.release(ctx)
	s, err := newSession(t, in)
	if err != nil {
		return nil, err
	}
	s.listIneffective()
	if !t.live {
		s.loadBase(ctx)
	}
	s.tryHead(ctx)
	s.tellLacking(ctx)
	s.nameWebhooks(ctx)
	s.tryRollback(ctx)
	// Nobody knows which of the last answers of a dying server were whole.
	return s, t.gone(ctx, s.client.lost.Load())
}

// unreachable is the result of an environment for which there is no server.
func unreachable(in Input, err error) Result {
	f := faultOf(err)
	entries := []verdict.Entry{{Stage: verdict.StageDryRun, Reason: f.reason, Detail: f.detail}}
	for _, d := range in.Deltas {
		entries = append(entries, verdict.Entry{
			Object: named(d.Current()), Stage: verdict.StageDryRun, Reason: verdict.Blocked,
			Detail: "no API server answered", Location: place(d.Current().Origin().Position),
		})
	}
	return Result{Entries: entries, Rollback: &verdict.Rollback{State: verdict.RollbackNotEvaluated, Reason: blocked, Detail: "no API server answered"}}
}

func named(o *manifest.Object) verdict.Object {
	id := o.ID()
	return verdict.Object{APIVersion: o.APIVersion(), Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
}

func place(p manifest.Position) *verdict.Location {
	if p.File == "" {
		return nil
	}
	return &verdict.Location{File: p.File, Line: p.Line}
}
