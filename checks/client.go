package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"
)

// ClientOptions say how to reach GitHub.
type ClientOptions struct {
	// API is the address of GitHub's REST API; empty means that of github.com.
	API string
	// Token may write checks, and comments where these are wanted.
	Token string
	// Agent names this program to GitHub.
	Agent string
	// Transport sends the requests; nil means http.DefaultTransport.
	Transport http.RoundTripper
}

// UserError is what a user can put right.
type UserError struct{ msg, hint string }

func (e *UserError) Error() string { return e.msg }

// UserHint says what to do.
func (e *UserError) UserHint() string { return e.hint }

// newClient makes a client that sends its token to one host only, and follows
// no redirection: one would turn a POST into a GET.
func newClient(opts ClientOptions) (*github.Client, error) {
	if opts.Token == "" {
		return nil, &UserError{"there is no token for GitHub", "set GITHUB_TOKEN; in a workflow: env: GITHUB_TOKEN: ${{ github.token }}"}
	}
	if strings.ContainsFunc(opts.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &UserError{"the token for GitHub has a space or a line break in it", "set GITHUB_TOKEN to the token alone"}
	}
	api, err := url.Parse(cmp.Or(opts.API, "https://api.github.com"))
	if err != nil || api.Host == "" || api.User != nil || api.RawQuery != "" {
		// The address is not repeated: it may have a password in it.
		return nil, &UserError{"the address of GitHub's API is not a plain URL", "set GITHUB_API_URL as in https://api.github.com or https://HOST/api/v3"}
	}
	if api.Scheme != "https" && (api.Scheme != "http" || !loopback(api.Hostname())) {
		return nil, &UserError{fmt.Sprintf("the token would go to %s in the clear", api.Host), "set GITHUB_API_URL to an https address"}
	}
	if !strings.HasSuffix(api.Path, "/") {
		api.Path += "/"
	}
	base := opts.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	client := github.NewClient(&http.Client{
		Transport:     &transport{base: base, token: opts.Token, host: api.Host},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	client.BaseURL = api
	client.UserAgent = cmp.Or(opts.Agent, "penstock")
	return client, nil
}

func loopback(host string) bool { return host == "127.0.0.1" || host == "::1" || host == "localhost" }

// answerError is a request that GitHub refused for good, and what to do.
type answerError struct {
	err  error
	hint string
}

func (e *answerError) Error() string    { return e.err.Error() }
func (e *answerError) Unwrap() error    { return e.err }
func (e *answerError) UserHint() string { return e.hint }

// statusOf is the status of an answer that is an error, or 0.
func statusOf(err error) int {
	var refused *github.ErrorResponse
	if !errors.As(err, &refused) || refused.Response == nil {
		return 0
	}
	return refused.Response.StatusCode
}

func notFound(err error) bool { return statusOf(err) == http.StatusNotFound }

// final reports whether an error stays when the request is repeated, and adds
// what to do about it. Anything else leaves open whether the request took
// effect.
func final(ctx context.Context, err error) (bool, error) {
	if ctx.Err() != nil {
		return true, err
	}
	status := statusOf(err)
	if status == 0 || status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests {
		return false, err
	}
	hints := map[int]string{
		http.StatusUnauthorized:        "GITHUB_TOKEN is not valid for this GitHub, or has expired",
		http.StatusForbidden:           "the token must be allowed to write: permissions: checks: write, and pull-requests: write for --comment; the token of a fork's pull request never is, so publish from a workflow of its own",
		http.StatusNotFound:            "the token cannot see the repository, or it has another name: look at --repo",
		http.StatusMovedPermanently:    "the repository has another name now: give that as --repo",
		http.StatusTemporaryRedirect:   "the repository has another name now: give that as --repo",
		http.StatusUnprocessableEntity: "the commit must be in the repository on GitHub: look at --sha",
	}
	return true, &answerError{err, hints[status]}
}
