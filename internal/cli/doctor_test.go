package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/cli"
)

// doctor runs penstock doctor on a directory without git, with a GitHub that
// protects the branch main of acme/gitops by the rules and the branch given.
func doctor(t *testing.T, rules, branch string, args ...string) (string, int) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/repos/acme/gitops":
			fmt.Fprint(w, `{"full_name": "acme/gitops", "default_branch": "main"}`)
		case "/repos/acme/gitops/rules/branches/main":
			fmt.Fprint(w, rules)
		case "/repos/acme/gitops/branches/main":
			fmt.Fprint(w, branch)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message": "Not Found"}`)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("GITHUB_API_URL", server.URL)
	t.Setenv("GITHUB_TOKEN", "test-token")
	t.Setenv("GITHUB_REPOSITORY", "acme/gitops")
	dir := t.TempDir()
	for name, text := range map[string]string{
		".penstock.yaml":              "version: 1\ndryRun: {mode: 'off'}\n",
		"cm.yaml":                     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n",
		".github/workflows/gate.yaml": "on: pull_request\njobs: {penstock: {steps: [{run: penstock check}]}}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	code := cli.Main(t.Context(), append([]string{"doctor", "--repo", dir}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	if errs.Len() > 0 {
		t.Errorf("stderr: %s", errs.String())
	}
	if strings.Contains(out.String(), "test-token") {
		t.Errorf("the token is printed:\n%s", out.String())
	}
	return out.String(), code
}

func TestDoctorOnProtection(t *testing.T) {
	const open = `{"name": "main", "protected": false, "protection": {"enabled": false}}`
	const queue = `{"type": "merge_queue", "ruleset_id": 7}`
	required := func(check string) string {
		return `{"type": "required_status_checks", "ruleset_id": 7, "parameters": {"required_status_checks": [` + check + `]}}`
	}
	for _, test := range []struct {
		name, rules, branch, want string
	}{
		{"nothing", `[]`, open, "problem       main of acme/gitops does not require the check penstock: a change can be merged against its verdict\n"},
		{"another name", `[` + required(`{"context": "penstock / prod"}`) + `]`, open, "against its verdict; it requires penstock / prod\n"},
		{"any app", `[` + required(`{"context": "penstock"}`) + `]`, open, "problem       main of acme/gitops takes the check penstock from any app (ruleset 7)"},
		{"Actions", `[` + required(`{"context": "penstock", "integration_id": 15368}`) + `]`, open, "ok            main of acme/gitops requires the check penstock, from one app (ruleset 7)\n"},
		{"branch protection", `[]`, `{"protected": true, "protection": {"enabled": true, "required_status_checks": {"enforcement_level": "everyone", "contexts": ["penstock"], "checks": [{"context": "penstock", "app_id": 15368}]}}}`,
			"ok            main of acme/gitops requires the check penstock, from one app (branch protection)\n"},
		{"queue", `[` + queue + `]`, open, "problem       .github/workflows: the branch has a merge queue, and no workflow that runs penstock has the event merge_group"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, code := doctor(t, test.rules, test.branch)
			if !strings.Contains(out, test.want) || code != 1 { // the directory is no git repository
				t.Errorf("code %d, want 1 and %q:\n%s", code, test.want, out)
			}
		})
	}
}

func TestDoctorOnAnUnknownBranch(t *testing.T) {
	out, _ := doctor(t, "[]", "{}", "--branch", "nowhere")
	if !strings.Contains(out, "GitHub knows no branch nowhere of acme/gitops") {
		t.Errorf("got %s", out)
	}
}
