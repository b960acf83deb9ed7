package policies

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// errImpatient says that something was given up.
type errImpatient struct {
	limit time.Duration
	// all is what shares that time.
	all string
}

func (e *errImpatient) Error() string {
	return fmt.Sprintf("it was given up after %s, which %s share", e.limit, e.all)
}

// loadTimeout bounds how long the rules of all sources may take to load, and how
// long environments wait for a template, all of them together. The built-in rules
// take a second.
const loadTimeout = 2 * time.Minute

// patient is a context for what cannot be stopped and only be given up: the
// compilation of code and schemas that somebody else wrote.
func patient(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		limit = DefaultRuleTimeout
	}
	return context.WithTimeoutCause(ctx, limit, &errImpatient{limit, "all templates and schemas of an environment"})
}

// maxLeftovers is how many leftovers may run at the same time: enough for somebody
// who mends a rule while they go on, and not so many that they fill the machine.
const maxLeftovers = 3

// leftovers counts what was given up and still runs: OPA can be interrupted only
// while it evaluates, so that what does not compile in time goes on by itself,
// until it ends or the process does. The zero value has none.
type leftovers struct{ running atomic.Int32 }

// errCrowded says that something was not begun because of what was given up before.
type errCrowded struct{}

func (*errCrowded) Error() string {
	return fmt.Sprintf("it was not begun, since %d others that were given up are still running", maxLeftovers)
}

// attempt is a function that may not end, or crash, and that any number may wait
// for.
type attempt[T any] struct {
	begun time.Time
	left  *leftovers
	state atomic.Int32
	done  chan struct{}
	// value and err are there when done is closed.
	value T
	err   error
}

// The states of an attempt: running, given up by somebody and running, ended.
const (
	running int32 = iota
	late
	ended
)

// begin runs a function. The error of the attempt is an *errCrash when it panics.
// Where too many leftovers run, there is no attempt, and an *errCrowded.
func begin[T any](left *leftovers, f func() (T, error)) (*attempt[T], error) {
	if left.running.Load() >= maxLeftovers {
		return nil, &errCrowded{}
	}
	a := &attempt[T]{begun: time.Now(), left: left, done: make(chan struct{})}
	go func() {
		defer func() {
			if r := recover(); r != nil {
				a.err = &errCrash{r}
			}
			if a.state.Swap(ended) == late {
				left.running.Add(-1)
			}
			close(a.done)
		}()
		a.value, a.err = f()
	}()
	return a, nil
}

// wait waits until the attempt has ended or ctx is done; the error is then the
// cause of that. What has ended is there for those, too, whose time is up.
func (a *attempt[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-a.done:
		return a.value, a.err
	default:
	}
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		if a.state.CompareAndSwap(running, late) {
			a.left.running.Add(1)
		}
		var none T
		return none, context.Cause(ctx)
	}
}

// bounded runs a function that may not end, or crash, until ctx is done. The error
// is then an *errImpatient, or that of ctx.
func bounded[T any](ctx context.Context, left *leftovers, f func() (T, error)) (T, error) {
	a, err := begin(left, f)
	if err != nil {
		var none T
		return none, err
	}
	return a.wait(ctx)
}

// errCrash says that what somebody else wrote crashed what reads it.
type errCrash struct{ reason any }

func (e *errCrash) Error() string { return fmt.Sprintf("it crashed what reads it: %v", e.reason) }

// hostile reports whether an error is about what was run, or was run before it,
// and not about the run.
func hostile(err error) bool {
	_, slow := errors.AsType[*errImpatient](err)
	_, crash := errors.AsType[*errCrash](err)
	return slow || crash || crowded(err)
}

func crowded(err error) bool {
	_, is := errors.AsType[*errCrowded](err)
	return is
}

// simpler says what to do about a hostile error: what, or look at what ran before.
func simpler(err error, what string) string {
	if crowded(err) {
		return "make simpler what was given up before, and start penstock again"
	}
	return what
}
