package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/report"
	"go.yaml.in/yaml/v3"
)

// TestSameBytes expects the same report on the same two commits, whoever asks:
// the command line, the pre-push hook, and the action on three events.
func TestSameBytes(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			h := newHistory(t, "--object-format="+format)
			want := withoutTimes(t, command(t, h.dir, "", nil, "penstock", "check", "--dry-run=off", "--base", h.tip, "--head", h.merge, "-o", "json"))
			if !bytes.Contains(want, []byte("security/privileged")) {
				t.Fatalf("nothing was found:\n%s", want)
			}
			none := strings.Repeat("0", len(h.merge))
			got := map[string][]byte{
				"hook, a branch":         command(t, h.dir, fmt.Sprintf("refs/heads/feature %s refs/heads/feature %s\n", h.merge, none), nil, "penstock", "hook", "pre-push", "--dry-run=off", "-o", "json", "origin", "URL"),
				"hook, the main branch":  command(t, h.dir, fmt.Sprintf("HEAD %s refs/heads/main %s\n", h.merge, h.tip), nil, "penstock", "hook", "pre-push", "--dry-run=off", "-o", "json", "origin", "URL"),
				"hook, from pre-commit":  command(t, h.dir, "", []string{"PRE_COMMIT_REMOTE_NAME=origin", "PRE_COMMIT_REMOTE_BRANCH=refs/heads/feature", "PRE_COMMIT_TO_REF=" + h.merge}, "penstock", "hook", "pre-push", "--dry-run=off", "-o", "json"),
				"command line, a branch": command(t, h.dir, "", nil, "penstock", "check", "--dry-run=off", "--base", h.tip[:12], "--head", h.merge[:12], "-o", "json"),
			}
			for name, e := range map[string]struct {
				file   string
				values map[string]any
			}{
				"pull_request": {"pull_request.synchronize", map[string]any{"pull_request.head.sha": h.head, "pull_request.base.sha": h.root}},
				"merge_group":  {"merge_group.checks_requested", map[string]any{"merge_group.base_sha": h.tip, "merge_group.head_sha": h.merge}},
				"push":         {"push", map[string]any{"ref": "refs/heads/main", "before": h.tip, "after": h.merge, "repository.default_branch": "main"}},
			} {
				a := newAction(t, h.dir, name, h.merge, payload(t, e.file, e.values))
				if a.run(t); a.code != 1 {
					t.Errorf("%s: exit code %d, want 1:\n%s", name, a.code, a.log)
				}
				got["action on "+name] = a.read(t, a.outputs["report"])
			}
			for name, data := range got {
				if data = withoutTimes(t, data); !bytes.Equal(data, want) {
					t.Errorf("%s: other bytes:\n%s\nwant\n%s", name, data, want)
				}
			}
		})
	}
}

// command runs a command and returns what it prints, whatever its exit code.
func command(t *testing.T, dir, stdin string, env []string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Stdin, cmd.Env = dir, strings.NewReader(stdin), append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("%v: %v", args, err)
	}
	return out
}

// withoutTimes cuts the timing out of a report, and nothing else.
func withoutTimes(t *testing.T, data []byte) []byte {
	t.Helper()
	timing := regexp.MustCompile(`(?s)"timing": \{.*\}\n\}\n$`)
	if !timing.Match(data) {
		t.Fatalf("this ends without timing:\n%s", data)
	}
	return timing.ReplaceAll(data, nil)
}

// action is the step of action.yml that checks, run as the runner runs it.
type action struct {
	dir, temp string
	// script and env are those of the step; with replaces inputs.
	script    string
	env, with map[string]string
	runner    []string
	code      int
	log       string
	outputs   map[string]string
	summary   string
}

func newAction(t *testing.T, repo, event, sha, file string) *action {
	t.Helper()
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Steps []struct {
				ID, Run string
				Env     map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	a := &action{dir: repo, temp: t.TempDir(), with: map[string]string{}}
	for name, input := range doc.Inputs {
		a.with[name] = input.Default
	}
	a.with["dry-run"] = "off"
	for _, step := range doc.Runs.Steps {
		if step.ID == "check" {
			a.script, a.env = step.Run, step.Env
		}
	}
	if err := os.MkdirAll(filepath.Join(a.temp, "penstock"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"output", "summary"} {
		if err := os.WriteFile(filepath.Join(a.temp, name), []byte("earlier=1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	a.runner = []string{
		"GITHUB_EVENT_NAME=" + event, "GITHUB_SHA=" + sha, "GITHUB_EVENT_PATH=" + file, "RUNNER_TEMP=" + a.temp,
		"GITHUB_OUTPUT=" + filepath.Join(a.temp, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(a.temp, "summary"),
	}
	return a
}

func (a *action) run(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", a.script)
	cmd.Dir, cmd.Env = a.dir, append(os.Environ(), a.runner...)
	expression := regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`)
	for name, value := range a.env {
		input := expression.FindStringSubmatch(value)
		if input == nil {
			t.Fatalf("%s: %s is not an input", name, value)
		}
		cmd.Env = append(cmd.Env, name+"="+a.with[input[1]])
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	a.code, a.log = cmd.ProcessState.ExitCode(), string(out)
	a.summary = string(a.read(t, filepath.Join(a.temp, "summary")))
	a.outputs = map[string]string{}
	lines := strings.Split(string(a.read(t, filepath.Join(a.temp, "output"))), "\n")
	for i := 0; i < len(lines); i++ {
		if name, end, heredoc := strings.Cut(lines[i], "<<"); heredoc {
			var value []string
			for i++; lines[i] != end; i++ {
				value = append(value, lines[i])
			}
			a.outputs[name] = strings.Join(value, "\n")
		} else if name, value, ok := strings.Cut(lines[i], "="); ok {
			a.outputs[name] = value
		}
	}
}

func (a *action) read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestActionStep looks at all that the step leaves: its exit code, outputs,
// summary, and a log in which nothing but penstock's own lines are commands.
func TestActionStep(t *testing.T) {
	h := newHistory(t)
	h.git("checkout", "-q", "--detach", h.merge)
	file := payload(t, "pull_request.synchronize", map[string]any{"pull_request.head.sha": h.head})
	a := newAction(t, h.dir, "pull_request", h.merge, file)
	if a.run(t); a.code != 1 {
		t.Errorf("exit code %d, want 1", a.code)
	}
	for name, want := range map[string]string{"verdict": "fail", "failed-environments": `["default"]`, "earlier": "1"} {
		if a.outputs[name] != want {
			t.Errorf("%s is %q, want %q\n%s", name, a.outputs[name], want, a.log)
		}
	}
	var counts report.Counts
	if err := json.Unmarshal([]byte(a.outputs["counts"]), &counts); err != nil || counts.Errors != 1 {
		t.Errorf("counts are %q: %v", a.outputs["counts"], err)
	}
	if sarif := a.read(t, a.outputs["sarif"]); !bytes.Contains(sarif, []byte(`"version": "2.1.0"`)) {
		t.Errorf("no SARIF in %s", a.outputs["sarif"])
	}
	if !strings.HasPrefix(a.summary, "earlier=1\n## Penstock: FAIL") {
		t.Errorf("the summary is\n%s", a.summary)
	}
	if want := "\n::error file=apps/api/pod.yaml,line=8,title=security/privileged (default)::"; !strings.Contains(a.log, want) {
		t.Errorf("no %q in\n%s", want, a.log)
	}

	a.with["summary"], a.with["annotations"], a.with["env"] = "false", "false", "default"
	a.with["base"], a.with["head"] = h.root, h.tip
	a.with["report"], a.with["sarif"] = filepath.Join(a.temp, "r.json"), filepath.Join(a.temp, "r.sarif")
	if a.run(t); a.code != 0 || a.outputs["verdict"] != "pass" || a.outputs["report"] != a.with["report"] || a.outputs["sarif"] != a.with["sarif"] {
		t.Errorf("exit code %d, outputs %v", a.code, a.outputs)
	}
	if strings.Count(a.summary, "## Penstock") != 1 || strings.Contains(a.log, "::error") {
		t.Errorf("not asked for: %s\n%s", a.summary, a.log)
	}
}

// TestActionStepWithoutReport expects undecided and an annotation, where nothing
// could be compared.
func TestActionStepWithoutReport(t *testing.T) {
	h := newHistory(t)
	a := newAction(t, h.dir, "schedule", h.tip, payload(t, "push", nil))
	if a.run(t); a.code != 2 || a.outputs["verdict"] != "undecided" || a.outputs["failed-environments"] != "[]" || a.outputs["report"] != "" {
		t.Errorf("exit code %d, outputs %v", a.code, a.outputs)
	}
	if want := "\n::error title=Penstock%3A not decided::the event schedule names no change%0Ahint: run it on pull_request"; !strings.Contains(a.log, want) {
		t.Errorf("no %q in\n%s", want, a.log)
	}
	a.with["base"], a.with["head"] = h.root, h.head
	if a.run(t); a.code != 1 || a.outputs["verdict"] != "fail" {
		t.Errorf("exit code %d, outputs %v\n%s", a.code, a.outputs, a.log)
	}
}

// TestActionStepHostile puts commands to the runner where the report quotes the
// repository, and reads the log as the runner does.
func TestActionStepHostile(t *testing.T) {
	r := newGitRepo(t)
	base := r.commit("web", false)
	dir := filepath.Join(r.dir, "apps", "web")
	evil := "::set-output name=verdict::pass"
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers:\n  - name: |-\n      x\n      " + evil + "\n    image: example.com/web:latest\n    securityContext: {privileged: true}\n"
	if err := os.WriteFile(filepath.Join(dir, "pod.yaml"), []byte(pod), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, evil+".yaml"), []byte("::add-mask::e\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "evil")
	head := r.git("rev-parse", "HEAD")
	a := newAction(t, r.dir, "push", head, payload(t, "push", nil))
	a.with["base"], a.with["head"] = base, head
	a.run(t)
	stopped := ""
	for line := range strings.Lines(a.log) {
		line = strings.TrimSpace(line)
		token, stop := strings.CutPrefix(line, "::stop-commands::")
		switch {
		case stopped != "" && line == "::"+stopped+"::":
			stopped = ""
		case stopped != "":
		case stop:
			stopped = token
		case strings.HasPrefix(line, "::") && !regexp.MustCompile(`^::(error|warning|notice) [^:]*::`).MatchString(line):
			t.Errorf("a command of the repository: %s", line)
		case strings.Contains(line, "##["):
			t.Errorf("a command of the repository: %s", line)
		}
	}
	if stopped != "" || a.outputs["verdict"] == "pass" || a.code == 0 {
		t.Errorf("exit code %d, verdict %q, in a log that ends with commands stopped by %q\n%s", a.code, a.outputs["verdict"], stopped, a.log)
	}
}
