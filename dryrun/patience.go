package dryrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	// requestTimeout bounds one request, where Options say nothing else, and how long
	// one is repeated that the server is too busy for.
	requestTimeout = 30 * time.Second
	// busyPause is the pause between two such requests, as the server itself asks for
	// (k8s.io/apiserver/pkg/server/filters/maxinflight.go); some proxies ask for minutes.
	busyPause = time.Second
	// enough is how many objects in a row a cluster may leave without an answer, and
	// tooOften how many in all. Nothing more is asked of it then: a change of
	// thousands of objects would wait for hours. A server of this run serves nobody
	// else and calls nobody, so that one is enough.
	enough   = 3
	tooOften = 20
)

// bounds keep a server that does not answer from holding up a run.
type bounds struct {
	timeout     time.Duration
	enough      int32
	missed, all atomic.Int32
	over        atomic.Pointer[fault]
}

func newBounds(timeout time.Duration) *bounds {
	return &bounds{timeout: cmp.Or(timeout, requestTimeout), enough: enough}
}

// ask makes a request, again and again while the server is too busy for it. Where
// it has been silent too often, the error is a *fault, and nothing is asked.
func (b *bounds) ask(ctx context.Context, request func() error) error {
	deadline := time.Now().Add(b.timeout)
	for {
		if f := b.over.Load(); f != nil {
			return f
		}
		err := request()
		if !busy(err) || time.Now().After(deadline) {
			b.note(err)
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(busyPause, b.timeout/4)):
		}
	}
}

func (b *bounds) note(err error) {
	why := b.silence(err)
	if why == nil {
		return
	}
	missed, all := b.missed.Add(1), b.all.Add(1)
	if missed >= b.enough || all >= tooOften {
		b.over.CompareAndSwap(nil, &fault{failed, "nothing more is asked of the API server, which leaves requests without an answer: " + why.detail})
	}
}

// answered notes that an object got an answer. That others are read says nothing:
// what holds objects up, such as a webhook, is not asked then.
func (b *bounds) answered() { b.missed.Store(0) }

// silence says why an error is no answer; it is nil for the others.
func (b *bounds) silence(err error) *fault {
	var late net.Error
	switch {
	case busy(err):
		return &fault{failed, fmt.Sprintf("for %s the API server answers 429: %v", b.timeout, err)}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return &fault{failed, fmt.Sprintf("the API server gave no answer within %s", b.timeout)}
	}
	return nil
}

func busy(err error) bool { return apierrors.IsTooManyRequests(err) }

// impatient hides from client-go for how long a busy server wants to be left
// alone: it would wait for that ten times, and say in the end that time is over.
type impatient struct{ next http.RoundTripper }

// WrappedRoundTripper is how client-go finds what ends a request that took too
// long; where it does not, it says so on standard error
// (k8s.io/apimachinery/pkg/util/net.RoundTripperWrapper).
func (i impatient) WrappedRoundTripper() http.RoundTripper { return i.next }

// RoundTrip sends a request.
func (i impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := i.next.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		resp.Header.Del("Retry-After")
	}
	return resp, err
}
