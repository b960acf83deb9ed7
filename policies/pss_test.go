package policies_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// TestPodSecurityFixtures judges the pods that Kubernetes tests its own Pod
// Security admission with, of both levels and all versions, each alone and in
// workloads: every rule finds what its check forbids, and nothing else.
func TestPodSecurityFixtures(t *testing.T) {
	p := newPodSecurity(t)
	levels := map[string]api.Level{}
	for _, c := range p.checks {
		levels[p.rules[c.ID]] = c.Level
	}
	for minor, fixtures := range podFixtures(t) {
		var objects []*manifest.Object
		seen := map[string]bool{}
		for _, f := range fixtures {
			if name := f.objects[0].ID().Name; !seen[name] {
				seen[name] = true
				objects = append(objects, f.objects...)
			}
		}
		violated := p.violated(t, minor, objects, "")
		for _, f := range fixtures {
			want := p.forbidden(podOf(t, f.pod), minor)
			for _, o := range f.objects {
				got := violated[o.ID().Kind+" "+o.ID().Name]
				if !slices.Equal(got, want) {
					t.Errorf("%s as a %s: violates %v, want %v", f.file, o.ID().Kind, got, want)
				}
				if !f.agrees(p, levels, got) {
					t.Errorf("%s as a %s: violates %v", f.file, o.ID().Kind, got)
				}
			}
		}
	}
}

// agrees reports whether rules are those that the name of the fixture asks for:
// none of its level, or the one of its check.
func (f podFixture) agrees(p podSecurity, levels map[string]api.Level, rules []string) bool {
	if f.check == "" {
		return !slices.ContainsFunc(rules, func(rule string) bool { return f.level == api.LevelRestricted || levels[rule] == f.level })
	}
	return slices.ContainsFunc(p.checks, func(c policy.Check) bool {
		return strings.ToLower(string(c.ID)) == f.check && slices.Contains(rules, p.rules[c.ID])
	})
}

// podFixture is a pod that Kubernetes tests its own evaluator with.
type podFixture struct {
	file  string
	level api.Level
	// check is in lower case, and empty for pods that the level allows.
	check   string
	pod     map[string]any
	objects []*manifest.Object
}

// podFixtures reads the fixtures in the module of the evaluator, by minor
// version. Files of the same content share their objects.
func podFixtures(t *testing.T) map[int][]podFixture {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission")
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly")
	out, err := cmd.Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Fatalf("the module of the fixtures is not in the module cache (%v); run go mod download", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "test/testdata/*/*/*/*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`(baseline|restricted)/v1\.(\d+)/(pass|fail)/(.*?)\d*\.yaml$`)
	fixtures, read := map[int][]podFixture{}, map[string]podFixture{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, known := read[string(data)]
		if !known {
			if err := yaml.Unmarshal(data, &f.pod); err != nil {
				t.Fatal(err)
			}
			f.objects = inEvery(t, fmt.Sprintf("pod-%d", len(read)), f.pod)
			read[string(data)] = f
		}
		parts := name.FindStringSubmatch(filepath.ToSlash(file))
		if parts == nil {
			t.Fatalf("%s is not named like a fixture", file)
		}
		f.file, f.level = parts[0], api.Level(parts[1])
		if parts[3] == "fail" {
			f.check = parts[4]
		}
		var minor int
		if _, err := fmt.Sscan(parts[2], &minor); err != nil {
			t.Fatal(err)
		}
		fixtures[minor] = append(fixtures[minor], f)
	}
	if len(files) < 4000 || len(read) < 350 {
		t.Fatalf("%d fixtures of %d contents in %s", len(files), len(read), dir)
	}
	t.Logf("%d fixtures of %d contents, for %d versions", len(files), len(read), len(fixtures))
	return fixtures
}
