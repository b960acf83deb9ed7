package dryrun

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/config"
)

// fleet is the embedded API servers of a run, and those of binaries in their
// place. A server serves one environment at a time and is reset in between, or
// ends where it cannot be, so that environments do not see each other.
type fleet struct {
	shelf *shelf
	// timeout bounds a request; 0 means requestTimeout.
	timeout time.Duration
	// slots bounds how many servers are in use.
	slots chan struct{}

	mu     sync.Mutex
	idle   []*vessel
	inUse  int
	closed bool
}

// vessel is one server, and what it serves once that is known.
type vessel struct {
	*apiserver.Server
	kinds kinds
	known bool
	// silent is set once a request got no answer: what such a server still does is
	// not known, and it is not used again.
	silent bool
}

// newFleet allows for one server on small machines, since each takes about
// 400 MB and is busy on two cores; environments then take turns.
func newFleet(opts Options) *fleet {
	return &fleet{shelf: &shelf{assets: opts.Assets}, timeout: opts.RequestTimeout, slots: make(chan struct{}, max(1, min(3, runtime.GOMAXPROCS(0)/4)))}
}

func (f *fleet) prepare(ctx context.Context, env config.Environment) {
	options, err := f.choose(ctx, env.KubernetesVersion)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || f.closed || len(f.idle)+f.inUse >= cap(f.slots) {
		return // acquire tells what is wrong
	}
	if s, err := apiserver.Start(context.WithoutCancel(ctx), options); err == nil {
		f.idle = append(f.idle, &vessel{Server: s})
	}
}

// choose says which server answers as a version, and within which bounds.
func (f *fleet) choose(ctx context.Context, version string) (apiserver.Options, error) {
	options, err := f.shelf.choose(ctx, version)
	// An answer takes several requests of the server to itself.
	options.AnswerTimeout = 4 * cmp.Or(f.timeout, requestTimeout)
	return options, err
}

func (f *fleet) acquire(ctx context.Context, env config.Environment) (*target, error) {
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	v, err := f.take(ctx, env.KubernetesVersion)
	if err != nil {
		<-f.slots
		return nil, err
	}
	t, err := v.target(ctx, f.timeout)
	if err != nil {
		return nil, errors.Join(err, f.discard(v))
	}
	t.release = func(ctx context.Context) { f.put(ctx, v) }
	return t, nil
}

// take returns a server that answers as a version: an idle one, or a new one.
func (f *fleet) take(ctx context.Context, version string) (*vessel, error) {
	options, err := f.choose(ctx, version)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inUse++
	if n := slices.IndexFunc(f.idle, func(v *vessel) bool { return v.Name() == options.Name() }); n >= 0 {
		v := f.idle[n]
		f.idle = slices.Delete(f.idle, n, n+1)
		return v, nil
	}
	// One more than are in use, so that two versions can take turns.
	for len(f.idle) > 0 && len(f.idle)+f.inUse > cap(f.slots)+1 {
		_ = f.idle[0].Close() // nobody needs it any more, and it leaves nothing behind
		f.idle = f.idle[1:]
	}
	s, err := apiserver.Start(context.WithoutCancel(ctx), options)
	if err != nil {
		f.inUse--
		return nil, err
	}
	return &vessel{Server: s}, nil
}

// target is a server that is ready.
func (v *vessel) target(ctx context.Context, timeout time.Duration) (*target, error) {
	restConfig, err := v.Ready(ctx)
	if err != nil {
		return nil, err
	}
	restConfig.Timeout = cmp.Or(timeout, requestTimeout)
	if !v.known {
		if v.kinds, err = discover(ctx, restConfig); err != nil {
			return nil, errors.Join(v.Lost(ctx), err)
		}
		v.known = true
	}
	return &target{
		name: v.Name(), config: restConfig, kinds: v.kinds, gone: v.gone, binary: !v.Resettable(),
		settle: v.FenceNamespaces,
	}, nil
}

func (v *vessel) gone(ctx context.Context, lost bool) error {
	if lost {
		v.silent = true
		return v.Lost(ctx)
	}
	return v.Err()
}

// put resets a server and keeps it for the next environment.
func (f *fleet) put(ctx context.Context, v *vessel) {
	if ctx.Err() != nil || v.silent || v.Err() != nil || !v.Resettable() || v.Reset(ctx) != nil {
		_ = f.discard(v) // the result is there already; the server leaves nothing behind
		return
	}
	f.mu.Lock()
	closed := f.closed
	if !closed {
		f.inUse--
		f.idle = append(f.idle, v)
	}
	f.mu.Unlock()
	if closed {
		_ = f.discard(v)
		return
	}
	<-f.slots
}

func (f *fleet) discard(v *vessel) error {
	err := v.Close()
	f.mu.Lock()
	f.inUse--
	f.mu.Unlock()
	<-f.slots
	return err
}

func (f *fleet) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	var errs []error
	for _, v := range f.idle {
		errs = append(errs, v.Close())
	}
	f.idle = nil
	return errors.Join(errs...)
}
