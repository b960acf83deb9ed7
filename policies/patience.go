package policies

import (
	"context"
	"errors"
	"fmt"
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

// loadTimeout bounds how long the rules of all sources may take to load. The
// built-in ones take a second.
const loadTimeout = 2 * time.Minute

// patient is a context for what cannot be stopped and only be given up: the
// compilation of code and schemas that somebody else wrote.
func patient(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		limit = DefaultRuleTimeout
	}
	return context.WithTimeoutCause(ctx, limit, &errImpatient{limit, "all templates and schemas of an environment"})
}

// bounded runs a function that may not end, or crash, until ctx is done. OPA can
// be interrupted only while it evaluates; what is given up goes on by itself,
// until it ends or the process does. The error is then an *errImpatient, or that
// of ctx.
func bounded[T any](ctx context.Context, f func() (T, error)) (T, error) {
	var none T
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if r := recover(); r != nil {
				o = outcome{none, &errCrash{r}}
			}
			done <- o
		}()
		o.value, o.err = f()
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// errCrash says that what somebody else wrote crashed what reads it.
type errCrash struct{ reason any }

func (e *errCrash) Error() string { return fmt.Sprintf("it crashed what reads it: %v", e.reason) }

// hostile reports whether an error is about what bounded ran, and not about the run.
func hostile(err error) bool {
	_, slow := errors.AsType[*errImpatient](err)
	_, crash := errors.AsType[*errCrash](err)
	return slow || crash
}
