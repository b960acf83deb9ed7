package checks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The bounds of the transport.
const (
	// tryTime bounds one request. GitHub itself gives up after ten seconds.
	tryTime = 30 * time.Second
	// tries is how often a request that may be repeated is sent.
	tries = 5
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 16 << 20
	// limitWait is the wait at a limit that names no time, as GitHub asks for;
	// it doubles while the limit stays.
	limitWait = time.Minute
	// freeWrites are sent as they come; after that, writes keep writePause apart
	// (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api).
	freeWrites = 20
	writePause = time.Second
)

// LimitError is a request that GitHub refused because there were too many.
type LimitError struct {
	// Until is when GitHub takes requests again.
	Until time.Time
}

func (e *LimitError) Error() string {
	return "GitHub's rate limit is reached until " + e.Until.UTC().Format(time.RFC3339)
}

// UserHint says what to do.
func (e *LimitError) UserHint() string {
	return "publish the report again after that time: what was posted already is not posted twice"
}

// transport sends requests for go-github, which does not take a 429 for a
// limit, knows secondary limits by one address only, retries nothing, and
// refuses requests by a memory of its own.
//
// It waits for limits, never longer than the context allows. It repeats reads
// and deletions; a POST or a PATCH is sent once, since only its sender can find
// out whether it took effect.
type transport struct {
	base  http.RoundTripper
	token string
	// host is the only one that gets the token.
	host string

	mu sync.Mutex
	// notBefore is when GitHub takes requests again.
	notBefore time.Time
	// limits counts the refusals in a row that named no time.
	limits int
	writes int
}

// RoundTrip sends a request. Its answer is read to the end.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	repeatable := r.Method == http.MethodGet || r.Method == http.MethodDelete
	for try := 0; ; try++ {
		if err := t.wait(r.Context(), repeatable); err != nil {
			return nil, err
		}
		answer, body, err := t.once(r)
		pause := backoff(try)
		if err == nil {
			until, limited := t.limited(answer, body)
			switch {
			case limited && !repeatable:
				return nil, &LimitError{until}
			case limited:
				// The next try waits, or says that it cannot.
				if try+1 == tries {
					return nil, &LimitError{until}
				}
				continue
			case answer.StatusCode < 500:
				return answer, nil
			}
			pause = max(pause, min(retryAfter(answer, time.Now()), limitWait))
		}
		if !repeatable || try+1 == tries || r.Context().Err() != nil {
			return answer, err
		}
		if err := sleep(r.Context(), pause); err != nil {
			return nil, err
		}
	}
}

// once sends a request, with the token, and reads the answer.
func (t *transport) once(r *http.Request) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(r.Context(), tryTime)
	defer cancel()
	out := r.Clone(ctx)
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, nil, err
		}
		out.Body = body
	}
	if out.URL.Host == t.host {
		out.Header.Set("Authorization", "Bearer "+t.token)
	}
	answer, err := t.base.RoundTrip(out)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, nil, fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, body, nil
}

// wait waits until GitHub takes requests again; it fails at once where the
// context ends before that.
func (t *transport) wait(ctx context.Context, read bool) error {
	t.mu.Lock()
	until := t.notBefore
	if !read {
		if t.writes++; t.writes > freeWrites {
			until = later(until, time.Now().Add(writePause))
		}
	}
	t.mu.Unlock()
	pause := time.Until(until)
	if pause <= 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && until.After(deadline) {
		return &LimitError{until}
	}
	return sleep(ctx, pause)
}

// limited reports whether an answer is about a limit, and until when. It takes
// the headers of the limit away, so that go-github remembers none of them.
func (t *transport) limited(answer *http.Response, body []byte) (time.Time, bool) {
	now := time.Now()
	used := answer.Header.Get("X-RateLimit-Remaining") == "0"
	reset := resetTime(answer.Header)
	for _, name := range []string{"Limit", "Remaining", "Reset", "Used", "Resource"} {
		answer.Header.Del("X-RateLimit-" + name)
	}
	refused := answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusTooManyRequests
	named := retryAfter(answer, now)
	limit := refused && (answer.StatusCode == http.StatusTooManyRequests || used || named > 0 || aboutLimit(body))

	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case limit && named > 0:
		t.notBefore = later(t.notBefore, now.Add(named))
	case used && reset.After(now):
		// Also after the last request that was taken. A second more, since the
		// time is cut to seconds.
		t.notBefore = later(t.notBefore, reset.Add(time.Second))
	case limit:
		t.notBefore = later(t.notBefore, now.Add(limitWait<<min(t.limits, 5)))
		t.limits++
	case answer.StatusCode < 400:
		t.limits = 0
	}
	return t.notBefore, limit
}

// aboutLimit finds a limit in the text of a refusal, whose wording and address
// have changed over time.
func aboutLimit(body []byte) bool {
	var e struct {
		Message       string `json:"message"`
		Documentation string `json:"documentation_url"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return false
	}
	message := strings.ToLower(e.Message)
	for _, words := range []string{"rate limit", "abuse detection", "too many requests"} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return strings.Contains(e.Documentation, "rate-limit")
}

// retryAfter reads the header in both of its forms.
func retryAfter(answer *http.Response, now time.Time) time.Duration {
	value := answer.Header.Get("Retry-After")
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return min(time.Duration(n), 24*60*60) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

func resetTime(h http.Header) time.Time {
	n, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// backoff is the pause after a try.
func backoff(try int) time.Duration { return time.Second << min(try, 5) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
