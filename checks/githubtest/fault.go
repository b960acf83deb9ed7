package githubtest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"
)

// When is the moment at which a fault strikes.
type When int

// Before leaves the request without effect; After hides an effect.
const (
	Never When = iota
	Before
	After
)

// Kind is what the client sees of a fault.
type Kind string

// The kinds of faults. A Stale read answers as if the last write had not been.
const (
	Drop      Kind = "dropped connection"
	Broken    Kind = "500"
	Gateway   Kind = "502"
	Secondary Kind = "403 secondary limit"
	TooMany   Kind = "429"
	Primary   Kind = "403 primary limit"
	Timeout   Kind = "timeout"
	Stale     Kind = "stale read"
)

// Fault is what happens to one call.
type Fault struct {
	When When
	Kind Kind
}

func (f Fault) String() string {
	return fmt.Sprintf("%s %s", map[When]string{Never: "never", Before: "before", After: "after"}[f.When], f.Kind)
}

// Strike sets the fault of the call with this number, counted from 0.
func (s *Server) Strike(call int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[call] = f
}

// strike shows a fault to the client; it reports false for what is not one of
// the connection.
func (s *Server) strike(w http.ResponseWriter, r *http.Request, f Fault) bool {
	h := w.Header()
	switch f.Kind {
	case Drop:
		panic(http.ErrAbortHandler)
	case Timeout:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Broken:
		http.Error(w, "<html>Unicorn!</html>", http.StatusInternalServerError)
	case Gateway:
		http.Error(w, "<html>502</html>", http.StatusBadGateway)
	case Secondary:
		// As GitHub sends it, without Retry-After and with calls remaining.
		rateHeaders(h, 4000, time.Hour)
		s.fault(w, http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	case TooMany:
		h.Set("Retry-After", "30")
		s.fault(w, http.StatusTooManyRequests, "You have exceeded a secondary rate limit.")
	case Primary:
		rateHeaders(h, 0, 90*time.Second)
		s.fault(w, http.StatusForbidden, "API rate limit exceeded for installation ID 1.")
	default:
		return false
	}
	return true
}

// RoundTripper calls the server without a network, so that it works where time
// is simulated (testing/synctest). Kill cuts the connection for good.
type RoundTripper struct {
	Server *Server
	// Kill, where it is set and true for a call, ends it and every later one.
	Kill func(call int) bool
	dead bool
}

var errDropped = errors.New("the connection was dropped")

// RoundTrip serves one request.
func (t *RoundTripper) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	if t.dead = t.dead || t.Kill != nil && t.Kill(len(t.Server.Calls())); t.dead {
		return nil, errDropped
	}
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p == any(http.ErrAbortHandler): //nolint:errorlint // a panic value, never wrapped
			answer, err = nil, errDropped
			if r.Context().Err() != nil {
				err = r.Context().Err()
			}
		default:
			panic(p)
		}
	}()
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = io.NopCloser(http.NoBody)
	}
	w := httptest.NewRecorder()
	t.Server.ServeHTTP(w, in)
	answer = w.Result()
	answer.Request = r
	return answer, nil
}
