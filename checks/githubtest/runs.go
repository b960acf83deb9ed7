package githubtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Annotation is one of a run.
type Annotation struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"`
	EndLine     int    `json:"end_line"`
	StartColumn *int   `json:"start_column"`
	EndColumn   *int   `json:"end_column"`
	Level       string `json:"annotation_level"`
	Title       string `json:"title"`
	Message     string `json:"message"`
	RawDetails  string `json:"raw_details"`
	BlobHref    string `json:"blob_href"`
}

// Run is a check run.
type Run struct {
	ID                                                int64
	App                                               int64
	Repository, Name, HeadSHA, ExternalID, DetailsURL string
	Status, Conclusion                                string
	StartedAt, CompletedAt                            time.Time
	Title, Summary, Text                              string
	Annotations                                       []Annotation
}

// Runs are the check runs, oldest first.
func (s *Server) Runs() []Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Run
	for _, r := range s.runs {
		out = append(out, *r)
	}
	return out
}

// AddRun puts a run there as if an App had made it.
func (s *Server) AddRun(r Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	r.ID = s.last
	r.App = cmp.Or(r.App, App)
	s.commits[r.HeadSHA] = nil
	s.runs = append(s.runs, &r)
	s.before = snapshot{s.runs, s.comments}
}

// snapshot is what a read shows. Runs and comments are replaced, not changed.
type snapshot struct {
	runs     []*Run
	comments []*Comment
}

// write is the body of a request that makes or changes a run.
type write struct {
	Name        string     `json:"name"`
	HeadSHA     string     `json:"head_sha"`
	ExternalID  string     `json:"external_id"`
	DetailsURL  string     `json:"details_url"`
	Status      string     `json:"status"`
	Conclusion  string     `json:"conclusion"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title       string       `json:"title"`
		Summary     string       `json:"summary"`
		Text        string       `json:"text"`
		Annotations []Annotation `json:"annotations"`
	} `json:"output"`
}

// The limits that GitHub sets (https://docs.github.com/en/rest/checks/runs).
// That of the summary and the text is in bytes, whatever the description says:
// "summary exceeds a maximum bytesize of 65535".
const (
	maxText           = 65_535
	maxAnnotation     = 64 << 10
	maxAnnotationName = 255
)

// fault says what GitHub would refuse in a write that its schema allows.
func (b write) fault() string {
	switch {
	case b.Status == "completed" && b.Conclusion == "":
		return "completed without a conclusion"
	case b.Conclusion == "stale":
		return "only GitHub sets stale"
	case b.Conclusion == "" && b.CompletedAt != nil:
		return "completed_at without a conclusion"
	case b.Output == nil:
		return ""
	case len(b.Output.Summary) > maxText:
		return fmt.Sprintf("summary exceeds a maximum bytesize of %d", maxText)
	case len(b.Output.Text) > maxText:
		return fmt.Sprintf("text exceeds a maximum bytesize of %d", maxText)
	case !utf8.ValidString(b.Output.Summary) || !utf8.ValidString(b.Output.Text):
		return "not valid UTF-8"
	}
	for _, a := range b.Output.Annotations {
		switch {
		case a.Path == "" || strings.HasPrefix(a.Path, "/"):
			return fmt.Sprintf("annotation path %q", a.Path)
		case a.StartLine < 1 || a.EndLine < a.StartLine:
			return fmt.Sprintf("annotation lines %d-%d", a.StartLine, a.EndLine)
		case a.StartLine != a.EndLine && (a.StartColumn != nil || a.EndColumn != nil):
			return "annotation columns over several lines"
		case len(a.Message) > maxAnnotation || len(a.RawDetails) > maxAnnotation:
			return "annotation message is too long"
		case a.Message == "":
			return "annotation message is empty"
		case utf8.RuneCountInString(a.Title) > maxAnnotationName:
			return "annotation title is too long"
		}
	}
	return ""
}

func (s *Server) createRun(w *httptest.ResponseRecorder, r request) bool {
	var b write
	if err := json.Unmarshal(r.body, &b); err != nil {
		return s.refuse(w, "Problems parsing JSON: %v", err)
	}
	if _, known := s.commits[b.HeadSHA]; !known {
		s.fault(w, http.StatusUnprocessableEntity, "No commit found for SHA: "+b.HeadSHA)
		return false
	}
	if fault := b.fault(); fault != "" {
		return s.refuse(w, "%s", fault)
	}
	s.keep()
	s.last++
	run := &Run{ID: s.last, App: App, Repository: repository(r), Name: b.Name, HeadSHA: b.HeadSHA, ExternalID: b.ExternalID, Status: "queued", StartedAt: time.Now()}
	run.set(b)
	s.runs = append(slices.Clone(s.runs), run)
	respond(s, w, http.StatusCreated, run.json())
	return true
}

func (s *Server) updateRun(w *httptest.ResponseRecorder, r request) bool {
	var b write
	if err := json.Unmarshal(r.body, &b); err != nil {
		return s.refuse(w, "Problems parsing JSON: %v", err)
	}
	i := s.findRun(s.runs, r)
	switch {
	case i < 0:
		s.fault(w, http.StatusNotFound, "Not Found")
		return false
	case s.runs[i].App != App:
		s.fault(w, http.StatusForbidden, "Invalid app_id `"+fmt.Sprint(App)+"` - check run can only be modified by the GitHub App that created it.")
		return false
	}
	run := *s.runs[i]
	if fault := b.fault(); fault != "" {
		return s.refuse(w, "%s", fault)
	}
	if run.Status == "completed" {
		// GitHub answers 200 and keeps the run as it was, or changes the
		// verdict under the reader: neither may happen.
		return s.refuse(w, "run %d (%s) is completed and was written again", run.ID, run.Name)
	}
	s.keep()
	run.Name = cmp.Or(b.Name, run.Name)
	run.ExternalID = cmp.Or(b.ExternalID, run.ExternalID)
	run.set(b)
	s.runs = slices.Clone(s.runs)
	s.runs[i] = &run
	respond(s, w, http.StatusOK, run.json())
	return true
}

// set writes what a request says into a run. Annotations are appended.
func (r *Run) set(b write) {
	r.Status = cmp.Or(b.Status, r.Status)
	r.DetailsURL = cmp.Or(b.DetailsURL, r.DetailsURL)
	if b.StartedAt != nil {
		r.StartedAt = *b.StartedAt
	}
	if b.Conclusion != "" {
		r.Status, r.Conclusion, r.CompletedAt = "completed", b.Conclusion, time.Now()
		if b.CompletedAt != nil {
			r.CompletedAt = *b.CompletedAt
		}
	}
	if b.Output != nil {
		r.Title, r.Summary, r.Text = cmp.Or(b.Output.Title, r.Title), b.Output.Summary, b.Output.Text
		r.Annotations = append(slices.Clone(r.Annotations), b.Output.Annotations...)
	}
}

// keep remembers what a stale read shows.
func (s *Server) keep() { s.before = snapshot{s.runs, s.comments} }

func repository(r request) string { return r.params["owner"] + "/" + r.params["repo"] }

func (s *Server) findRun(runs []*Run, r request) int {
	return slices.IndexFunc(runs, func(run *Run) bool {
		return run.ID == r.number("check_run_id") && run.in(repository(r))
	})
}

// in reports whether the run is of a repository; one that was added without is
// of any.
func (r *Run) in(repository string) bool {
	return r.Repository == "" || strings.EqualFold(r.Repository, repository)
}

func (state snapshot) getRun(s *Server, w http.ResponseWriter, r request) {
	i := s.findRun(state.runs, r)
	if i < 0 {
		s.fault(w, http.StatusNotFound, "Not Found")
		return
	}
	respond(s, w, http.StatusOK, state.runs[i].json())
}

// listRuns lists the newest first. By default, or with filter=latest, the
// newest of each name and App only.
func (state snapshot) listRuns(s *Server, w http.ResponseWriter, r request) {
	query := r.URL.Query()
	type key struct {
		name string
		app  int64
	}
	seen := map[key]bool{}
	found := []any{}
	for _, run := range slices.Backward(state.runs) {
		k := key{run.Name, run.App}
		if run.HeadSHA != r.params["ref"] || !run.in(repository(r)) || query.Get("filter") != "all" && seen[k] {
			continue
		}
		seen[k] = true
		for name, value := range map[string]string{"check_name": run.Name, "status": run.Status, "app_id": fmt.Sprint(run.App)} {
			if query.Has(name) && query.Get(name) != value {
				run = nil
				break
			}
		}
		if run != nil {
			found = append(found, run.json())
		}
	}
	part := page(w, r.Request, found)
	respond(s, w, http.StatusOK, map[string]any{"total_count": len(found), "check_runs": part})
}

func (state snapshot) listAnnotations(s *Server, w http.ResponseWriter, r request) {
	i := s.findRun(state.runs, r)
	if i < 0 {
		s.fault(w, http.StatusNotFound, "Not Found")
		return
	}
	all := state.runs[i].Annotations
	if all == nil {
		all = []Annotation{}
	}
	respond(s, w, http.StatusOK, page(w, r.Request, all))
}

// json is a run as GitHub writes it.
func (r *Run) json() any {
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	at := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(time.RFC3339)
	}
	url := fmt.Sprintf("https://api.github.com/repos/%s/check-runs/%d", r.Repository, r.ID)
	return map[string]any{
		"id": r.ID, "node_id": fmt.Sprintf("CR_%d", r.ID), "head_sha": r.HeadSHA, "external_id": r.ExternalID, "url": url,
		"html_url": fmt.Sprintf("https://github.com/%s/runs/%d", r.Repository, r.ID), "details_url": r.DetailsURL,
		"status": r.Status, "conclusion": orNull(r.Conclusion), "started_at": at(r.StartedAt), "completed_at": at(r.CompletedAt),
		"name": r.Name, "check_suite": map[string]any{"id": 5}, "pull_requests": []any{}, "app": app(r.App),
		"output": map[string]any{
			"title": orNull(r.Title), "summary": orNull(r.Summary), "text": orNull(r.Text),
			"annotations_count": len(r.Annotations), "annotations_url": url + "/annotations",
		},
	}
}

func app(id int64) any {
	return map[string]any{
		"id": id, "node_id": fmt.Sprintf("A_%d", id), "slug": "penstock", "name": "penstock", "client_id": "Iv1.test", "description": "",
		"owner": user("penstock-dev", "Organization"), "external_url": "https://example.com", "html_url": "https://github.com/apps/penstock",
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
		"permissions": map[string]any{"checks": "write"}, "events": []any{},
	}
}

func user(login, kind string) any {
	url := "https://api.github.com/users/" + login
	out := map[string]any{"login": login, "id": 7, "node_id": "U_7", "avatar_url": "https://example.com/a.png", "gravatar_id": "", "url": url,
		"html_url": "https://github.com/" + login, "type": kind, "site_admin": false}
	for _, name := range []string{"followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events", "received_events"} {
		out[name+"_url"] = url + "/" + name
	}
	return out
}
