package render

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/penstock-dev/penstock/internal/child"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// PoolOptions bound the workers.
type PoolOptions struct {
	// Workers is how many processes render at the same time; 0 means 2.
	Workers int
	// Timeout bounds the rendering of one root; 0 means one minute.
	Timeout time.Duration
}

// Pool is a bounded set of worker processes. It is safe for concurrent use.
type Pool struct {
	timeout time.Duration
	slots   chan struct{}

	mu     sync.Mutex
	idle   []*worker
	closed bool
}

// worker is a process that takes one job at a time.
type worker struct {
	process *child.Process
	enc     *gob.Encoder
	dec     *gob.Decoder
}

// NewPool returns a pool. Workers are started when they are first needed.
func NewPool(opts PoolOptions) *Pool {
	if opts.Workers <= 0 {
		opts.Workers = 2
	}
	if opts.Timeout <= 0 {
		opts.Timeout = time.Minute
	}
	return &Pool{timeout: opts.Timeout, slots: make(chan struct{}, opts.Workers)}
}

// Close ends the workers. The pool must not be used afterwards.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for _, w := range p.idle {
		errs = append(errs, w.process.Close())
	}
	p.idle = nil
	return errors.Join(errs...)
}

// idleWorker takes a worker that has nothing to do, or returns nil.
func (p *Pool) idleWorker() *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	w := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return w
}

func start(ctx context.Context) (*worker, error) {
	// The worker outlives the call that needs it first, so its life does not
	// hang on ctx; it ends with the pool, or with this process.
	process, err := child.Start(context.WithoutCancel(ctx), Role, nil, "PATH=", "HOME=/", "TZ=UTC")
	if err != nil {
		return nil, err
	}
	return &worker{process, gob.NewEncoder(process.Stdin), gob.NewDecoder(process.Stdout)}, nil
}

func (p *Pool) put(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		w.process.Kill()
		return
	}
	p.idle = append(p.idle, w)
}

// run gives a job to a worker and answers what it reads out of fsys.
func (p *Pool) run(ctx context.Context, fsys fs.FS, j job) (*reply, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w := p.idleWorker()
	if w != nil {
		r, err := p.give(ctx, w, fsys, j)
		if err != nil || !r.Refused {
			return r, err
		}
	}
	w, err := start(ctx)
	if err != nil {
		return nil, err
	}
	j.Fresh = true
	return p.give(ctx, w, fsys, j)
}

// give has one worker do a job, within the bounds of the pool, and takes care of
// the worker afterwards.
func (p *Pool) give(ctx context.Context, w *worker, fsys fs.FS, j job) (*reply, error) {
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	stop := context.AfterFunc(bounded, w.process.Kill)
	r, err := w.run(fsys, j)
	killed := !stop()
	switch {
	case ctx.Err() != nil:
		w.discard()
		return nil, ctx.Err()
	case killed:
		w.discard()
		return nil, &Error{
			Reason: verdict.Failed, Position: manifest.Position{File: j.Root.Path},
			Msg:  fmt.Sprintf("%s: rendering took longer than %s and was stopped", j.Root.Path, p.timeout),
			Hint: "split the root, or look for a template that never ends",
		}
	case err != nil:
		w.discard()
		return nil, &Error{
			Reason: verdict.Failed, Position: manifest.Position{File: j.Root.Path},
			Msg:  fmt.Sprintf("%s: the process that renders it ended: %v", j.Root.Path, errors.Join(err, w.process.Err())),
			Hint: "it may have needed more memory than there is", Err: err,
		}
	case r.Spent:
		w.discard()
	default:
		p.put(w)
	}
	if r.Failure != nil {
		return nil, r.Failure.error()
	}
	return r, nil
}

func (w *worker) run(fsys fs.FS, j job) (*reply, error) {
	if err := w.enc.Encode(request{Job: &j}); err != nil {
		return nil, err
	}
	for {
		var m message
		if err := w.dec.Decode(&m); err != nil {
			return nil, err
		}
		if m.Reply != nil {
			return m.Reply, nil
		}
		if m.Call == nil {
			return nil, errors.New("the worker sent an empty message")
		}
		a := serve(fsys, *m.Call)
		if err := w.enc.Encode(request{Answer: &a}); err != nil {
			return nil, err
		}
	}
}

// discard ends a worker that must not be used again.
func (w *worker) discard() {
	w.process.Kill()
	<-w.process.Done()
	_ = w.process.Stdout.Close() // nothing is read from it any more
}
