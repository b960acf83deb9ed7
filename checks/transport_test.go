package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// step is what comes of one request: an answer, an error, or nothing until the
// request ends.
type step struct {
	status int
	body   string
	// headers are "Name: value".
	headers []string
	err     error
	silent  bool
}

// answers is a RoundTripper that takes one step after the other, and then
// answers 200.
type answers struct {
	list []step
	got  []*http.Request
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.got = append(a.got, r)
	next := answer(200, "")
	if len(a.list) > 0 {
		next, a.list = a.list[0], a.list[1:]
	}
	if next.silent {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if next.err != nil {
		return nil, next.err
	}
	h := http.Header{}
	for _, line := range next.headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return &http.Response{StatusCode: next.status, Header: h, Body: io.NopCloser(strings.NewReader(next.body)), Request: r}, nil
}

func answer(status int, body string, headers ...string) step {
	return step{status: status, body: body, headers: headers}
}

func drop() step { return step{err: errors.New("connection reset by peer")} }

// TestTransport looks at how long it waits, what it sends again, and what it
// takes for a limit. In synctest time passes at once.
func TestTransport(t *testing.T) {
	const secondary = `{"message":"You have exceeded a secondary rate limit."}`
	in := func(d time.Duration) string {
		return fmt.Sprintf("X-RateLimit-Reset: %d", time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Unix())
	}
	for _, tt := range []struct {
		name   string
		method string
		list   []step
		sent   int
		waited time.Duration
		// status is that of the answer; 0 is an error, which is a limit if limit is set.
		status int
		limit  bool
	}{
		{"at once", "GET", nil, 1, 0, 200, false},
		{"a limit with Retry-After", "GET", []step{answer(403, "{}", "Retry-After: 30")}, 2, 30 * time.Second, 200, false},
		{"a 429 with a date", "GET", []step{answer(429, "{}", "Retry-After: Sat, 01 Jan 2000 00:00:20 GMT")}, 2, 20 * time.Second, 200, false},
		{"a 429 that says nothing", "GET", []step{answer(429, "")}, 2, time.Minute, 200, false},
		{"a secondary limit without headers, twice", "GET", []step{answer(403, secondary), answer(403, secondary)}, 3, 3 * time.Minute, 200, false},
		{"a secondary limit, by its address", "GET", []step{answer(403, `{"message":"Slow down","documentation_url":"https://docs.github.com/x#about-secondary-rate-limits"}`)}, 2, time.Minute, 200, false},
		{"the primary limit", "GET", []step{answer(403, "{}", "X-RateLimit-Remaining: 0", in(90*time.Second))}, 2, 91 * time.Second, 200, false},
		{"a 403 that is no limit", "GET", []step{answer(403, `{"message":"Resource not accessible by integration"}`, "X-RateLimit-Remaining: 4000")}, 1, 0, 403, false},
		{"server errors", "GET", []step{answer(500, ""), answer(502, ""), answer(503, "", "Retry-After: 9")}, 4, (1 + 2 + 9) * time.Second, 200, false},
		{"server errors without an end", "GET", []step{answer(500, ""), answer(500, ""), answer(500, ""), answer(500, ""), answer(500, "")}, 5, 15 * time.Second, 500, false},
		{"dropped connections", "GET", []step{drop(), drop()}, 3, 3 * time.Second, 200, false},
		{"a deletion", "DELETE", []step{drop(), answer(502, "")}, 3, 3 * time.Second, 200, false},
		{"a POST is sent once: dropped", "POST", []step{drop()}, 1, 0, 0, false},
		{"a POST is sent once: 502", "POST", []step{answer(502, "")}, 1, 0, 502, false},
		{"a POST is sent once: limit", "POST", []step{answer(429, "")}, 1, 0, 0, true},
		{"a PATCH is sent once", "PATCH", []step{answer(500, "")}, 1, 0, 500, false},
		{"a limit that ends after the deadline", "GET", []step{answer(429, "", "Retry-After: 3600")}, 1, 0, 0, true},
		{"no network", "GET", []step{{silent: true}}, 2, tryTime + time.Second, 200, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				a := &answers{list: tt.list}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				r, err := http.NewRequestWithContext(ctx, tt.method, "https://api.github.com/x", strings.NewReader("body"))
				if err != nil {
					t.Fatal(err)
				}
				got, err := (&transport{base: a, token: "secret", host: "api.github.com"}).RoundTrip(r)
				status := 0
				if err == nil {
					status = got.StatusCode
					if err := got.Body.Close(); err != nil {
						t.Error(err)
					}
				}
				var limit *LimitError
				if status != tt.status || errors.As(err, &limit) != tt.limit || len(a.got) != tt.sent || time.Since(begin) != tt.waited {
					t.Errorf("got %d, %v after %d requests and %s", status, err, len(a.got), time.Since(begin))
				}
			})
		})
	}
}

// TestTransportRemembersLimits: after the last request that is free the next
// one waits, and go-github sees none of the headers by which it would refuse.
func TestTransportRemembersLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		a := &answers{list: []step{
			answer(200, "{}", "X-RateLimit-Remaining: 0", "X-RateLimit-Limit: 5000", fmt.Sprintf("X-RateLimit-Reset: %d", begin.Add(time.Minute).Unix())),
		}}
		p, err := NewPublisher(ClientOptions{Token: "secret", Transport: a})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, _, err := p.client.Users.Get(t.Context(), ""); err != nil {
				// The second answer is empty, which is no JSON.
				if !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
			}
		}
		if took := time.Since(begin); len(a.got) != 2 || took != 61*time.Second {
			t.Errorf("%d requests in %s", len(a.got), took)
		}
	})
}

func TestTransportPacesWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		tr := &transport{base: &answers{}, token: "secret", host: "api.github.com"}
		for range freeWrites + 10 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.github.com/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tr.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := got.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestTokenGoesToOneHost: a redirection is not followed, and another host gets
// no token.
func TestTokenGoesToOneHost(t *testing.T) {
	a := &answers{list: []step{answer(307, "", "Location: https://evil.example.com/")}}
	p, err := NewPublisher(ClientOptions{Token: "secret", Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.client.Users.Get(t.Context(), ""); err == nil {
		t.Error("a redirection is followed, or taken for an answer")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://evil.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.client.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Body.Close(); err != nil {
		t.Error(err)
	}
	if len(a.got) != 2 || a.got[0].Header.Get("Authorization") != "Bearer secret" || a.got[1].Header.Get("Authorization") != "" {
		t.Errorf("%d requests", len(a.got))
	}
}
