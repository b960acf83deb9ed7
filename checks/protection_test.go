package checks_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/checks"
)

// The answers are those of GitHub's documentation, shortened to some of the
// fields that are not read.
const (
	repositoryAnswer = `{"id": 1296269, "name": "gitops", "full_name": "acme/gitops", "private": true, "default_branch": "main"}`

	rulesAnswer = `[
  {"type": "deletion", "ruleset_source_type": "Repository", "ruleset_source": "acme/gitops", "ruleset_id": 42},
  {"type": "copilot_code_review", "ruleset_source_type": "Repository", "ruleset_source": "acme/gitops", "ruleset_id": 42,
   "parameters": {"review_on_push": true}},
  {"type": "required_status_checks", "ruleset_source_type": "Organization", "ruleset_source": "acme", "ruleset_id": 73,
   "parameters": {"strict_required_status_checks_policy": true, "do_not_enforce_on_create": false,
     "required_status_checks": [{"context": "penstock", "integration_id": 15368}, {"context": "lint"}]}},
  {"type": "merge_queue", "ruleset_source_type": "Repository", "ruleset_source": "acme/gitops", "ruleset_id": 42,
   "parameters": {"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "merge_method": "MERGE"}}
]`

	openBranch = `{"name": "main", "commit": {"sha": "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc"}, "protected": false,
  "protection": {"enabled": false, "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []}}}`

	protectedBranch = `{"name": "main", "commit": {"sha": "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc"}, "protected": true,
  "protection": {"enabled": true, "required_status_checks": {"enforcement_level": "non_admins", "contexts": ["penstock", "build"],
    "checks": [{"context": "penstock", "app_id": null}]}}}`
)

// serveProtection answers GET requests from a table of path and query to answer; a number
// is a status.
func serveProtection(t *testing.T, answers map[string]string) checks.ProtectionOptions {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); r.Method != http.MethodGet || got != "Bearer test-token" {
			t.Errorf("%s %s with %q", r.Method, r.URL, got)
		}
		answer, found := answers[r.URL.Path+"?"+r.URL.RawQuery]
		if !found {
			answer, found = answers[r.URL.Path]
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		var code int
		if n, err := fmt.Sscanf(answer, "%d", &code); err == nil && n == 1 {
			w.WriteHeader(code)
			answer = `{"message": "No.", "documentation_url": "https://docs.github.com/rest"}`
		} else if !found {
			w.WriteHeader(http.StatusNotFound)
			answer = `{"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}`
		} else if page, rest, ok := strings.Cut(answer, "\n"); ok && strings.HasPrefix(page, "Link: ") {
			w.Header().Set("Link", strings.TrimPrefix(page, "Link: "))
			answer = rest
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return checks.ProtectionOptions{APIURL: server.URL, Token: "test-token", Owner: "acme", Name: "gitops"}
}

func TestReadProtection(t *testing.T) {
	const repo, rules, branch = "/repos/acme/gitops", "/repos/acme/gitops/rules/branches/main", "/repos/acme/gitops/branches/main"
	actions := checks.RequiredCheck{Name: "penstock", App: checks.ActionsApp, By: "ruleset 73"}
	for _, test := range []struct {
		name    string
		answers map[string]string
		want    checks.Protection
	}{
		{"a ruleset", map[string]string{repo: repositoryAnswer, rules: rulesAnswer, branch: openBranch},
			checks.Protection{Branch: "main", Queue: true, Required: []checks.RequiredCheck{actions, {Name: "lint", By: "ruleset 73"}}}},
		{"branch protection", map[string]string{repo: repositoryAnswer, rules: "[]", branch: protectedBranch},
			checks.Protection{Branch: "main", Required: []checks.RequiredCheck{{Name: "penstock", By: "branch protection"}, {Name: "build", By: "branch protection"}}}},
		{"nothing", map[string]string{repo: repositoryAnswer, rules: "[]", branch: openBranch}, checks.Protection{Branch: "main"}},
		{"two pages", map[string]string{repo: repositoryAnswer, branch: openBranch,
			rules + "?per_page=100&page=1": "Link: <https://api.github.com" + rules + `?per_page=100&page=2>; rel="next"` + "\n[]",
			rules + "?per_page=100&page=2": rulesAnswer},
			checks.Protection{Branch: "main", Queue: true, Required: []checks.RequiredCheck{actions, {Name: "lint", By: "ruleset 73"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := checks.ReadProtection(t.Context(), serveProtection(t, test.answers))
			if err != nil {
				t.Fatal(err)
			}
			if got.Branch != test.want.Branch || got.Queue != test.want.Queue || !slices.Equal(got.Required, test.want.Required) {
				t.Errorf("got %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestReadProtectionOfABranchWithASlash(t *testing.T) {
	opts := serveProtection(t, map[string]string{"/repos/acme/gitops/rules/branches/release/1.x": rulesAnswer, "/repos/acme/gitops/branches/release/1.x": openBranch})
	opts.Branch = "release/1.x"
	got, err := checks.ReadProtection(t.Context(), opts)
	if err != nil || len(got.Require("penstock")) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReadProtectionErrors(t *testing.T) {
	for _, test := range []struct{ answer, msg, hint string }{
		{"401", "does not take the token", "GITHUB_TOKEN"},
		{"404", "knows no repository acme/gitops", "--github OWNER/NAME"},
		{"403", "may not read the repository of acme/gitops: No.", "contents: read"},
		{"429", "rate limit is reached until", "another token"},
		{"301", "has another name now", "--github OWNER/NAME"},
	} {
		t.Run(test.answer, func(t *testing.T) {
			_, err := checks.ReadProtection(t.Context(), serveProtection(t, map[string]string{"/repos/acme/gitops": test.answer}))
			var e *checks.ProtectionError
			if !errors.As(err, &e) || !strings.Contains(e.Msg, test.msg) || !strings.Contains(e.Hint, test.hint) {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "test-token") {
				t.Errorf("the token is printed: %v", err)
			}
		})
	}
}
