package githubtest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/checks/githubtest"
)

const sha = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"

// call sends one request, and returns the status, the body and the violations.
func call(t *testing.T, s *githubtest.Server, found *[]error, method, path, body string) (int, string, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+githubtest.Token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	*found = nil
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String(), errors.Join(*found...)
}

func server(t *testing.T) (*githubtest.Server, *[]error) {
	t.Helper()
	var found []error
	s, err := githubtest.New(func(err error) { found = append(found, err) })
	if err != nil {
		t.Fatal(err)
	}
	s.AddPull(githubtest.Pull{Number: 7, Head: sha, Base: strings.Repeat("0b", 20), Merge: strings.Repeat("0c", 20)})
	return s, &found
}

const runs = "/repos/octo/shop/check-runs"

// TestViolations sends what GitHub would not take: of the description, and of
// what that does not say.
func TestViolations(t *testing.T) {
	output := func(fields string) string {
		return fmt.Sprintf(`{"name":"penstock","head_sha":%q,"output":{"title":"t",%s}}`, sha, fields)
	}
	note := `{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"}`
	for name, body := range map[string]string{
		"an unknown status":                fmt.Sprintf(`{"name":"penstock","head_sha":%q,"status":"done"}`, sha),
		"no name":                          fmt.Sprintf(`{"head_sha":%q}`, sha),
		"no title":                         fmt.Sprintf(`{"name":"penstock","head_sha":%q,"output":{"summary":"s"}}`, sha),
		"51 annotations":                   output(`"summary":"s","annotations":[` + strings.Repeat(note+",", 50) + note + `]`),
		"a level that is not there":        output(`"summary":"s","annotations":[` + strings.Replace(note, "notice", "error", 1) + `]`),
		"completed without a conclusion":   fmt.Sprintf(`{"name":"penstock","head_sha":%q,"status":"completed"}`, sha),
		"stale":                            fmt.Sprintf(`{"name":"penstock","head_sha":%q,"conclusion":"stale"}`, sha),
		"65,536 bytes in fewer characters": output(`"summary":"` + strings.Repeat("é", 32_768) + `"`),
		"a text that is too long":          output(`"summary":"s","text":"` + strings.Repeat("é", 32_768) + `"`),
		"line 0":                           output(`"summary":"s","annotations":[` + strings.Replace(note, `"start_line":1`, `"start_line":0`, 1) + `]`),
		"an absolute path":                 output(`"summary":"s","annotations":[` + strings.Replace(note, `"path":"a"`, `"path":"/a"`, 1) + `]`),
		"a long annotation title":          output(`"summary":"s","annotations":[` + strings.Replace(note, `"message"`, `"title":"`+strings.Repeat("a", 256)+`","message"`, 1) + `]`),
	} {
		s, found := server(t)
		status, answer, err := call(t, s, found, http.MethodPost, runs, body)
		if status != http.StatusUnprocessableEntity || err == nil || len(s.Runs()) != 0 {
			t.Errorf("%s: %d %s, violations: %v", name, status, answer, err)
		}
	}
	s, found := server(t)
	if status, answer, err := call(t, s, found, http.MethodPost, runs, output(`"summary":"`+strings.Repeat("é", 32_767)+`"`)); status != http.StatusCreated || err != nil {
		t.Errorf("65,534 bytes: %d %.200s, violations: %v", status, answer, err)
	}
}

func TestTransitions(t *testing.T) {
	s, found := server(t)
	must := func(method, path, body string, want int) string {
		t.Helper()
		status, answer, err := call(t, s, found, method, path, body)
		if status != want || err != nil {
			t.Fatalf("%s %s: %d %s, violations: %v", method, path, status, answer, err)
		}
		return answer
	}
	note := `{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"}`
	must(http.MethodPost, runs, fmt.Sprintf(`{"name":"penstock","head_sha":%q,"status":"in_progress"}`, sha), 201)
	for range 2 {
		must(http.MethodPatch, runs+"/1", `{"name":"penstock","status":"in_progress","output":{"title":"t","summary":"s","annotations":[`+note+`]}}`, 200)
	}
	if got := must(http.MethodGet, runs+"/1", "", 200); !strings.Contains(got, `"annotations_count":2`) {
		t.Errorf("annotations are not appended: %s", got)
	}
	if got := must(http.MethodGet, runs+"/1/annotations?per_page=1&page=2", "", 200); strings.Count(got, `"path"`) != 1 {
		t.Errorf("got %s", got)
	}
	// A conclusion completes the run.
	if got := must(http.MethodPatch, runs+"/1", `{"name":"penstock","conclusion":"success"}`, 200); !strings.Contains(got, `"status":"completed"`) {
		t.Errorf("got %s", got)
	}
	for _, body := range []string{`{"name":"penstock","status":"in_progress"}`, `{"name":"penstock","conclusion":"failure"}`} {
		if _, _, err := call(t, s, found, http.MethodPatch, runs+"/1", body); err == nil || s.Runs()[0].Conclusion != "success" {
			t.Errorf("a completed run is written again: %v", s.Runs()[0])
		}
	}
	must(http.MethodPost, runs, fmt.Sprintf(`{"name":"penstock","head_sha":%q}`, sha), 201)
	for query, want := range map[string]int{"": 1, "?filter=all": 2, "?filter=all&check_name=other": 0, "?filter=all&status=completed": 1, "?filter=all&app_id=5": 0} {
		if got := must(http.MethodGet, "/repos/octo/shop/commits/"+sha+"/check-runs"+query, "", 200); !strings.Contains(got, fmt.Sprintf(`"total_count":%d`, want)) {
			t.Errorf("%q: got %s", query, got)
		}
	}
	s.AddRun(githubtest.Run{Name: "penstock", HeadSHA: sha, Status: "in_progress", App: 5})
	if status, _, _ := call(t, s, found, http.MethodPatch, runs+"/3", `{"name":"penstock","conclusion":"success"}`); status != http.StatusForbidden {
		t.Errorf("the run of another App is written: %d", status)
	}
}

// TestRealServer serves over a network, with the faults of a connection.
func TestRealServer(t *testing.T) {
	s, found := server(t)
	real := httptest.NewServer(s)
	defer real.Close()
	s.Strike(0, githubtest.Fault{When: githubtest.After, Kind: githubtest.Drop})
	body := fmt.Sprintf(`{"name":"penstock","head_sha":%q}`, sha)
	for i, want := range []bool{false, true} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, real.URL+"/api/v3"+runs, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+githubtest.Token)
		r.Header.Set("Content-Type", "application/json")
		answer, err := real.Client().Do(r)
		if (err == nil) != want {
			t.Fatalf("request %d: %v", i, err)
		}
		if err == nil {
			if err := answer.Body.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if len(s.Runs()) != 2 || len(*found) != 0 {
		t.Errorf("%d runs, violations: %v", len(s.Runs()), *found)
	}
}
