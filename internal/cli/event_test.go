package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/report"
)

// gitRepo is a repository to make changes in.
type gitRepo struct {
	t   *testing.T
	dir string
}

func newGitRepo(t *testing.T, args ...string) gitRepo {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := gitRepo{t, dir}
	r.git(append([]string{"init", "-q", "-b", "main"}, args...)...)
	return r
}

func (r gitRepo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.com"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes a Pod, privileged or not, and commits it.
func (r gitRepo) commit(name string, privileged bool) string {
	r.t.Helper()
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: shop}\nspec:\n  containers:\n  - name: web\n    image: example.com/web:1.0.0\n"
	if privileged {
		pod += "    securityContext: {privileged: true}\n"
	}
	if err := os.MkdirAll(filepath.Join(r.dir, "apps", name), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "apps", name, "pod.yaml"), []byte(pod), 0o644); err != nil {
		r.t.Fatal(err)
	}
	r.git("add", "-A")
	r.git("commit", "-q", "-m", name)
	return r.git("rev-parse", "HEAD")
}

// history is a pull request beside a main branch that has moved on.
type history struct {
	gitRepo
	root, tip, first, head, merge string
}

func newHistory(t *testing.T, args ...string) history {
	h := history{gitRepo: newGitRepo(t, args...)}
	h.root = h.commit("web", false)
	h.git("checkout", "-q", "-b", "feature")
	h.first = h.commit("api", true)
	h.head = h.commit("db", false)
	h.git("checkout", "-q", "main")
	h.tip = h.commit("cron", false)
	h.git("checkout", "-q", "--detach")
	h.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
	h.merge = h.git("rev-parse", "HEAD")
	h.git("update-ref", "refs/remotes/origin/main", "main")
	h.git("update-ref", "refs/pull/2/merge", h.merge)
	return h
}

// payload writes one of GitHub's examples of an event, with other values at some
// places.
func payload(t *testing.T, name string, values map[string]any) string {
	t.Helper()
	data, err := os.ReadFile("../../checks/testdata/events/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(data, &event); err != nil {
		t.Fatal(err)
	}
	for place, value := range values {
		at := event
		keys := strings.Split(place, ".")
		for _, key := range keys[:len(keys)-1] {
			at = at[key].(map[string]any)
		}
		at[keys[len(keys)-1]] = value
	}
	if data, err = json.Marshal(event); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEvents(t *testing.T) {
	h := newHistory(t)
	pull := map[string]any{"pull_request.head.sha": h.head, "pull_request.base.sha": h.root, "number": 2}
	with := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for _, m := range []map[string]any{pull, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	group := map[string]any{"merge_group.base_sha": h.tip, "merge_group.head_sha": h.merge}
	pushed := func(ref, before, after string) map[string]any {
		return map[string]any{"ref": ref, "before": before, "after": after, "repository.default_branch": "main"}
	}
	none := strings.Repeat("0", len(h.root))
	unknown := strings.Repeat("1", len(h.root))
	tests := []struct {
		name, event, file, sha string
		values                 map[string]any
		args                   []string
		base, head, err        string
	}{
		{"the merge against its first parent", "pull_request", "pull_request.synchronize", h.merge, pull, nil, h.tip, h.merge, ""},
		{"a merge of another head", "pull_request", "pull_request.synchronize", h.merge, with(map[string]any{"pull_request.head.sha": h.first}), nil, "", "", "the pull request has moved on"},
		{"a closed pull request", "pull_request", "pull_request.synchronize", h.tip, pull, nil, "", "", "leave closed out of the types"},
		{"a merge that is not here", "pull_request", "pull_request.synchronize", unknown, pull, nil, "", "", "use actions/checkout without ref, and with fetch-depth: 2"},
		{"without GITHUB_SHA", "pull_request", "pull_request.synchronize", "", pull, nil, "", "", "GITHUB_SHA is not set"},
		{"a cluster and a fork", "pull_request", "pull_request.synchronize", h.merge, with(map[string]any{"pull_request.head.repo": nil}), []string{"--dry-run=cluster"}, "", "", "no cluster is asked about a fork"},
		{"the target, with nothing fetched", "pull_request_target", "pull_request.synchronize", h.tip, pull, nil, "", "", "+refs/pull/2/merge:refs/remotes/pull/2/merge"},
		{"the target, with the merge that the event names", "pull_request_target", "pull_request.synchronize", h.tip, with(map[string]any{"pull_request.merge_commit_sha": h.merge}), nil, h.tip, h.merge, ""},
		{"a merge group", "merge_group", "merge_group.checks_requested", h.merge, group, nil, h.tip, h.merge, ""},
		{"a merge group whose base is not here", "merge_group", "merge_group.checks_requested", h.merge, map[string]any{"merge_group.base_sha": unknown, "merge_group.head_sha": h.merge}, nil, "", "", "the base, commit 111111111111, is not in this clone"},
		{"a push to the default branch", "push", "push", h.tip, pushed("refs/heads/main", h.root, h.tip), nil, h.root, h.tip, ""},
		{"a push to a branch, which is not judged alone", "push", "push", h.head, pushed("refs/heads/feature", h.first, h.head), nil, h.root, h.head, ""},
		{"a new branch", "push", "push", h.head, pushed("refs/heads/feature", none, h.head), nil, h.root, h.head, ""},
		{"the first push", "push", "push", h.tip, pushed("refs/heads/main", none, h.tip), nil, "", "", "this is the first push of the default branch"},
		{"a force push", "push", "push", h.tip, pushed("refs/heads/main", unknown, h.tip), nil, "", "", "after a force push"},
		{"a deletion", "push", "push", h.tip, pushed("refs/heads/feature", h.head, none), nil, "", "", "there is nothing to check"},
		{"a tag", "push", "push", h.tip, pushed("refs/tags/v1", none, h.tip), nil, "", "", "it is not a branch"},
		{"an event of another kind", "workflow_dispatch", "push", h.tip, nil, nil, "", "", "the event workflow_dispatch names no change"},
		{"the file of another event", "merge_group", "push", h.tip, nil, nil, "", "", "the event names no head"},
		{"two sources", "push", "push", h.tip, nil, []string{"--base", "main"}, "", "", "give one of them"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("GITHUB_EVENT_NAME", tt.event)
			t.Setenv("GITHUB_SHA", tt.sha)
			expectChange(t, h.dir, append(tt.args, "--event", payload(t, tt.file, tt.values)), tt.base, tt.head, tt.err)
		})
	}
}

func TestPullRequestTargetFetched(t *testing.T) {
	h := newHistory(t)
	h.git("update-ref", "refs/remotes/pull/2/merge", h.merge)
	t.Setenv("GITHUB_EVENT_NAME", "pull_request_target")
	t.Setenv("GITHUB_SHA", h.tip)
	file := payload(t, "pull_request.synchronize", map[string]any{"pull_request.head.sha": h.head, "number": 2})
	expectChange(t, h.dir, []string{"--event", file}, h.tip, h.merge, "")
}

// TestShallowCheckout is actions/checkout with its default depth, and with two.
func TestShallowCheckout(t *testing.T) {
	h := newHistory(t)
	t.Setenv("GITHUB_EVENT_NAME", "pull_request")
	t.Setenv("GITHUB_SHA", h.merge)
	file := payload(t, "pull_request.synchronize", map[string]any{"pull_request.head.sha": h.head})
	for depth, fault := range map[string]string{
		"1": "use actions/checkout with fetch-depth: 2 (the merge and its parents) or 0 (everything)", "2": "",
	} {
		clone := newGitRepo(t)
		clone.git("fetch", "-q", "--no-tags", "--depth="+depth, "file://"+h.dir, "+refs/pull/2/merge:refs/remotes/pull/2/merge")
		clone.git("checkout", "-q", "--detach", "refs/remotes/pull/2/merge")
		expectChange(t, clone.dir, []string{"--event", file}, h.tip, h.merge, fault)
	}
}

// expectChange expects a report on two commits, or an error with a text in it.
func expectChange(t *testing.T, repo string, args []string, base, head, fault string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "penstock", append([]string{"check", "--dry-run=off", "-o", "json", "--repo", repo}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // the exit code is looked at
	if fault != "" {
		if cmd.ProcessState.ExitCode() != 2 || stdout.Len() > 0 || !strings.Contains(stderr.String(), fault) || !strings.Contains(stderr.String(), "\nhint: ") {
			t.Errorf("exit code %d, want 2 and %q in\n%s%s", cmd.ProcessState.ExitCode(), fault, stdout.String(), stderr.String())
		}
		return
	}
	var r report.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("no report: %v\n%s", err, stderr.String())
	}
	if r.Change.BaseCommit != base || r.Change.HeadCommit != head {
		t.Errorf("compared %s with %s, want %s with %s", r.Change.HeadCommit, r.Change.BaseCommit, head, base)
	}
}
