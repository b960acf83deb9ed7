package cli_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// run runs penstock and returns the report that it writes, and its exit code.
func run(t *testing.T, args ...string) (*report.Report, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "penstock", append(args, "--output", "json")...)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	r := &report.Report{}
	if jsonErr := json.Unmarshal(out, r); jsonErr != nil {
		t.Fatalf("no report: %v: %v\n%s", jsonErr, err, failed.Stderr)
	}
	return r, cmd.ProcessState.ExitCode()
}

func TestExampleIsClean(t *testing.T) {
	testExample(t, "off")
}

// testExample checks the example as if all of it were new.
func testExample(t *testing.T, dryRun string) {
	r, code := run(t, "check", "--dry-run="+dryRun, "--base-dir", t.TempDir(), "--head-dir", "../../examples/shop", "--config", "../../examples/shop/.penstock.yaml")
	for _, f := range r.Findings {
		t.Errorf("%s: %s: %s", f.Environment, f.Rule, f.Message)
	}
	if code != 0 || r.Counts.Affected != 3 {
		t.Errorf("exit code %d with %d environments affected, want 0 and 3", code, r.Counts.Affected)
	}
	for _, env := range r.Environments {
		if env.Objects < 10 {
			t.Errorf("%s has %d objects only", env.Name, env.Objects)
		}
	}
}

// fault is a fault of the demo's pull request: the finding that it has to
// become, and the line of the source that the finding has to point at.
type fault struct {
	environment, object, rule, message string
	level                              verdict.Level
	file, line                         string
}

// The faults that rules find.
func policyFaults() []fault {
	return []fault{
		{"dev", "Deployment storefront", "security/privileged", `container "profiler" runs as privileged`, verdict.Error,
			"storefront/overlays/dev/profiler.yaml", "privileged: true"},
		{"staging", "Deployment storefront", "images/no-latest-tag", "whose tag is latest", verdict.Warning,
			"storefront/overlays/staging/deployment.yaml", "image: registry.example.com/shop/storefront:latest"},
		{"prod", "PersistentVolumeClaim search-snapshots", "change/destructive-delete", "is deleted", verdict.Error,
			"charts/search/templates/snapshots.yaml", "kind: PersistentVolumeClaim"},
	}
}

func TestDemoFindsWhatRulesFind(t *testing.T) {
	testDemo(t, "off", policyFaults())
}

func testDemo(t *testing.T, dryRun string, faults []fault) *report.Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	r, code := run(t, "demo", "--dry-run="+dryRun, "--keep", dir)
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	seen := map[int]bool{}
	for _, want := range faults {
		found := false
		for i, f := range r.Findings {
			if f.Environment != want.environment || f.Object.Kind+" "+f.Object.Name != want.object || f.Rule != want.rule || !strings.Contains(f.Message, want.message) {
				continue
			}
			found, seen[i] = true, true
			if f.Level != want.level {
				t.Errorf("%s: %s is at level %s, want %s", f.Environment, f.Message, f.Level, want.level)
			}
			if f.Location == nil {
				t.Errorf("%s: %s points nowhere", f.Environment, f.Message)
			} else if f.Location.File != want.file {
				t.Errorf("%s: %s is in %s, want %s", f.Environment, f.Message, f.Location.File, want.file)
			} else if line := sourceLine(t, dir, *f.Location); line != want.line {
				t.Errorf("%s: %s points at %s:%d %q, want %q", f.Environment, f.Message, want.file, f.Location.Line, line, want.line)
			}
		}
		if !found {
			t.Errorf("%s: nothing found on %s by %s: %s", want.environment, want.object, want.rule, want.message)
		}
	}
	for i, f := range r.Findings {
		if !seen[i] && f.Level == verdict.Error {
			t.Errorf("%s: a fault that nobody made: %s: %s on %v", f.Environment, f.Rule, f.Message, f.Object)
		}
	}
	return r
}

func TestDemoWithoutGit(t *testing.T) {
	penstock, err := exec.LookPath("penstock")
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), penstock, "demo")
	cmd.Env = []string{"PATH=" + t.TempDir(), "TMPDIR=" + temp}
	out, _ := cmd.CombinedOutput() // the exit code is what counts
	if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), "git is not installed\nhint: install git") {
		t.Errorf("exit code %d, want 2, with:\n%s", code, out)
	}
	expectNothingLeft(t, temp)
}

// TestDemoInterrupted ends a demo at moments all over its run, in both ways:
// as Ctrl-C does, and so that it cannot tidy up.
func TestDemoInterrupted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("finding the children of a dead process takes /proc")
	}
	for _, signal := range []os.Signal{os.Interrupt, os.Kill} {
		for after := 30 * time.Millisecond; after < 700*time.Millisecond; after += 70 * time.Millisecond {
			temp := t.TempDir()
			cmd := exec.CommandContext(t.Context(), "penstock", "demo", "--dry-run=off")
			cmd.Env = append(os.Environ(), "TMPDIR="+temp)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(after)
			_ = cmd.Process.Signal(signal) // it may have ended
			_ = cmd.Wait()                 // ended, one way or the other
			if expectNothingLeft(t, temp); t.Failed() {
				t.Fatalf("%s after %s", signal, after)
			}
		}
	}
}

// expectNothingLeft gives the children of a killed process a moment to end.
func expectNothingLeft(t *testing.T, temp string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(children(t, temp)) > 0 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if left := children(t, temp); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	files, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) > 0 {
		t.Errorf("files are left: %v", files)
	}
}

// sourceLine is the line that a finding points at: of the pull request, or of
// its base where the pull request has deleted the file.
func sourceLine(t *testing.T, repo string, at verdict.Location) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repo, at.File))
	if errors.Is(err, os.ErrNotExist) {
		data, err = os.ReadFile(filepath.Join("../../examples/shop", at.File))
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSpace(lines[at.Line-1]), "- ")
}
