// Package githubtest is a GitHub to test against: check runs and comments, in
// memory. It validates every request and every answer of its own against
// GitHub's OpenAPI description, and what that does not say: limits in bytes,
// transitions of a run, appended annotations, pages, rate limits. It does not
// check permissions, but for a token being there.
package githubtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed openapi/github.json
var description []byte

// Token is the only token that the server takes.
const Token = "ghs_test-token-that-must-not-be-printed"

// App is the ID of the App that Token belongs to.
const App = 1001

// Server is a GitHub. It is an http.Handler.
type Server struct {
	violation func(error)
	router    routers.Router

	mu       sync.Mutex
	last     int64
	runs     []*Run
	comments []*Comment
	pulls    map[int]Pull
	commits  map[string][]string
	calls    []Call
	faults   map[int]Fault
	// before is the runs and comments as they were before the last write.
	before snapshot
	// user is the login of the token's owner; empty for an App, which is no user.
	user string
}

// Call is a request that the server got.
type Call struct {
	Method, Path string
	// Changed says whether it changed what the server holds.
	Changed bool
	Status  int
}

func (c Call) String() string { return c.Method + " " + c.Path }

// load reads the description once for all servers: that takes as long as a
// hundred requests.
var load = sync.OnceValues(func() (routers.Router, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(description)
	if err != nil {
		return nil, fmt.Errorf("reading GitHub's OpenAPI description: %w", err)
	}
	doc.Servers = openapi3.Servers{{URL: "/"}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("reading the paths of GitHub's OpenAPI description: %w", err)
	}
	return router, nil
})

// New makes a server that tells violation about every request that GitHub would
// not take, and about answers of its own that GitHub would not give.
func New(violation func(error)) (*Server, error) {
	router, err := load()
	if err != nil {
		return nil, err
	}
	return &Server{
		violation: violation, router: router,
		pulls: map[int]Pull{}, commits: map[string][]string{}, faults: map[int]Fault{},
	}, nil
}

// AddCommit makes a commit known to the server.
func (s *Server) AddCommit(sha string, parents ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits[sha] = parents
}

// AddPull makes a pull request known to the server, with its commits.
func (s *Server) AddPull(p Pull) {
	s.AddCommit(p.Base)
	s.AddCommit(p.Head)
	if p.Merge != "" {
		s.AddCommit(p.Merge, p.Base, p.Head)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pulls[p.Number] = p
}

// SetUser makes the token one of a user.
func (s *Server) SetUser(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user = login
}

// Calls are the requests so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// maxRequest is what GitHub takes in one request.
const maxRequest = 25 << 20

// ServeHTTP answers one request, and validates it and its answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		s.fault(w, http.StatusRequestEntityTooLarge, "too large")
		return
	}
	// go-github joins a base URL that ends in api/v3 for GitHub Enterprise.
	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/api/v3")
	r.RequestURI, r.Host, r.URL.Host = r.URL.RequestURI(), "", ""
	r.Body = io.NopCloser(bytes.NewReader(body))

	n, fault := s.begin(r)
	if fault.When == Before && s.strike(w, r, fault) {
		s.end(n, 0, false)
		return
	}
	answer := httptest.NewRecorder()
	answer.Header().Set("Content-Type", "application/json; charset=utf-8")
	answer.Header().Set("X-GitHub-Media-Type", "github.v3")
	rateHeaders(answer.Header(), 4999, 1)
	changed := s.answer(answer, r, body, fault.Kind == Stale)
	s.end(n, answer.Code, changed)
	if fault.When == After && s.strike(w, r, fault) {
		return
	}
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.Code)
	if answer.Body.Len() == 0 {
		return
	}
	// That the client has gone is no violation.
	_, _ = w.Write(answer.Body.Bytes())
}

func (s *Server) begin(r *http.Request) (int, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{Method: r.Method, Path: r.URL.Path})
	return len(s.calls) - 1, s.faults[len(s.calls)-1]
}

func (s *Server) end(n, status int, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[n].Status, s.calls[n].Changed = status, changed
}

// answer finds the operation, carries it out, and validates both sides. It
// reports whether anything changed.
func (s *Server) answer(w *httptest.ResponseRecorder, r *http.Request, body []byte, stale bool) bool {
	route, params, err := s.router.FindRoute(r)
	if err != nil {
		s.fault(w, http.StatusNotFound, "Not Found")
		s.violation(fmt.Errorf("%s %s is not served here: %w", r.Method, r.URL.Path, err))
		return false
	}
	if r.Header.Get("Authorization") != "Bearer "+Token {
		s.fault(w, http.StatusUnauthorized, "Bad credentials")
		return false
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			MultiError: true, IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		s.fault(w, http.StatusUnprocessableEntity, "Invalid request.")
		s.violation(fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err))
		return false
	}
	changed := s.operate(w, route.Operation.OperationID, request{params, body, r, stale})
	if w.Code >= 400 && route.Operation.Responses.Status(w.Code) == nil {
		// GitHub refuses with more statuses than it describes.
		return changed
	}
	result := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: w.Code, Header: w.Header(), Options: input.Options,
	}
	result.SetBodyBytes(w.Body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), result); err != nil {
		s.violation(fmt.Errorf("the test server's own answer to %s %s: %w", r.Method, r.URL.Path, err))
	}
	return changed
}

// request is what an operation works on.
type request struct {
	params map[string]string
	body   []byte
	*http.Request
	stale bool
}

func (r request) number(name string) int64 {
	n, err := strconv.ParseInt(r.params[name], 10, 64)
	if err != nil {
		return -1 // the schema has refused it already
	}
	return n
}

func (s *Server) operate(w *httptest.ResponseRecorder, id string, r request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := snapshot{s.runs, s.comments}
	if r.stale {
		state = s.before
	}
	switch id {
	case "checks/create":
		return s.createRun(w, r)
	case "checks/update":
		return s.updateRun(w, r)
	case "checks/get":
		state.getRun(s, w, r)
	case "checks/list-for-ref":
		state.listRuns(s, w, r)
	case "checks/list-annotations":
		state.listAnnotations(s, w, r)
	case "issues/create-comment":
		return s.createComment(w, r)
	case "issues/update-comment":
		return s.updateComment(w, r)
	case "issues/delete-comment":
		return s.deleteComment(w, r)
	case "issues/list-comments":
		state.listComments(s, w, r)
	case "git/get-commit":
		s.getCommit(w, r)
	case "pulls/get":
		s.getPull(w, r)
	case "users/get-authenticated":
		s.getUser(w)
	}
	return false
}

// refuse answers as GitHub does to a request that its schema allows and that
// makes no sense, and tells of the violation.
func (s *Server) refuse(w http.ResponseWriter, format string, args ...any) bool {
	message := fmt.Sprintf(format, args...)
	s.violation(fmt.Errorf("refused: %s", message))
	s.fault(w, http.StatusUnprocessableEntity, message)
	return false
}

// fault answers with an error as GitHub writes it.
func (s *Server) fault(w http.ResponseWriter, status int, message string) {
	respond(s, w, status, map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)})
}

func respond(s *Server, w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		s.violation(fmt.Errorf("answering: %w", err))
	}
}

func rateHeaders(h http.Header, remaining int, wait time.Duration) {
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(wait).Unix(), 10))
	h.Set("X-RateLimit-Resource", "core")
}

// page cuts a list as the query asks, and sets the Link header.
func page[T any](w http.ResponseWriter, r *http.Request, all []T) []T {
	query := r.URL.Query()
	size, number := 30, 1
	if n, err := strconv.Atoi(query.Get("per_page")); err == nil {
		size = max(1, min(100, n))
	}
	if n, err := strconv.Atoi(query.Get("page")); err == nil {
		number = max(1, n)
	}
	from := min(len(all), (number-1)*size)
	to := min(len(all), from+size)
	if to < len(all) {
		next := *r.URL
		query.Set("page", strconv.Itoa(number+1))
		next.RawQuery = query.Encode()
		w.Header().Set("Link", fmt.Sprintf(`<https://api.github.com%s>; rel="next"`, next.RequestURI()))
	}
	return all[from:to]
}
