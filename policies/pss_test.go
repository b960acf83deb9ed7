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
// Security admission with, of both levels and all versions: every rule finds
// what its check forbids, and nothing else. In the versions in which a check
// changes, each pod is in workloads, too.
func TestPodSecurityFixtures(t *testing.T) {
	p := newPodSecurity(t)
	for minor, fixtures := range podFixtures(t) {
		var objects []*manifest.Object
		seen := map[string]bool{}
		for i, f := range fixtures {
			if !p.changes(minor) {
				fixtures[i].objects = f.objects[:1]
			}
			if name := f.objects[0].ID().Name; !seen[name] {
				seen[name] = true
				objects = append(objects, fixtures[i].objects...)
			}
		}
		violated := p.violated(t, minor, objects, "")
		for _, f := range fixtures {
			for _, fault := range p.faults(t, f, minor, violated) {
				t.Error(fault)
			}
		}
	}
}

// TestPodSecurityIsNoticed is the counterpart: a rule that is off, and rules for
// another version, are faults.
func TestPodSecurityIsNoticed(t *testing.T) {
	p := newPodSecurity(t)
	fixtures := podFixtures(t)[35]
	var objects []*manifest.Object
	for i, f := range fixtures {
		fixtures[i].objects = f.objects[:1]
		objects = append(objects, f.objects[0])
	}
	slices.SortFunc(objects, func(a, b *manifest.Object) int { return a.ID().Compare(b.ID()) })
	objects = slices.Compact(objects)
	noticed := func(off string, minor int) string {
		violated := p.violated(t, minor, objects, off)
		var faults []string
		for _, f := range fixtures {
			faults = append(faults, p.faults(t, f, 35, violated)...)
		}
		return strings.Join(faults, "\n")
	}
	if faults := noticed("", 35); faults != "" {
		t.Error(faults)
	}
	if faults := noticed("", 34); !strings.Contains(faults, "security/proc-mount-restricted") {
		t.Errorf("as 1.34: %s", faults)
	}
	for check, rule := range p.rules {
		if faults := noticed(rule, 35); !strings.Contains(faults, "want") || !strings.Contains(faults, "does not name "+strings.ToLower(string(check))) {
			t.Errorf("without %s: %q", rule, faults)
		}
	}
}

// faults are the differences between what rules found in the objects of a
// fixture, and what the evaluator and the name of the fixture say.
func (p podSecurity) faults(t *testing.T, f podFixture, minor int, violated map[string][]string) []string {
	t.Helper()
	var faults []string
	want := p.forbidden(podOf(t, f.pod), minor)
	for _, o := range f.objects {
		got := violated[o.ID().Kind+" "+o.ID().Name]
		if !slices.Equal(got, want) {
			faults = append(faults, fmt.Sprintf("%s as a %s: violates %v, want %v", f.file, o.ID().Kind, got, want))
		}
		named := f.check == ""
		for _, c := range p.checks {
			found := slices.Contains(got, p.rules[c.ID])
			if f.check == "" && found && (f.level == api.LevelRestricted || c.Level == f.level) {
				faults = append(faults, fmt.Sprintf("%s as a %s: violates %s", f.file, o.ID().Kind, p.rules[c.ID]))
			}
			named = named || found && strings.ToLower(string(c.ID)) == f.check
		}
		if !named {
			faults = append(faults, fmt.Sprintf("%s as a %s: what it violates does not name %s", f.file, o.ID().Kind, f.check))
		}
	}
	return faults
}

// changes reports whether a check is another one in Kubernetes 1.minor than
// in the version before.
func (p podSecurity) changes(minor int) bool {
	return slices.ContainsFunc(p.checks, func(c policy.Check) bool {
		return slices.ContainsFunc(c.Versions, func(v policy.VersionedCheck) bool { return v.MinimumVersion == api.MajorMinorVersion(1, minor) })
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
			for _, kind := range podKinds() {
				f.objects = append(f.objects, wrapped(t, kind, fmt.Sprintf("pod-%d", len(read)), f.pod))
			}
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

// TestPodSecurityLines reads where the rules say that the violations of a
// workload are: in each line that names a rule, and nowhere else. Equal values
// in two containers have a line each.
func TestPodSecurityLines(t *testing.T) {
	p := newPodSecurity(t)
	const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata:
      annotations:
        container.apparmor.security.beta.kubernetes.io/web: unconfined # apparmor-profile
    spec:
      hostNetwork: true # host-namespaces
      securityContext:
        appArmorProfile:
          type: Unconfined # apparmor-profile
        runAsNonRoot: false # run-as-non-root
        runAsUser: 0 # run-as-user
        seccompProfile:
          type: Unconfined # seccomp-profile seccomp-profile-restricted
        seLinuxOptions:
          role: sysadm_r # selinux-options
        sysctls:
        - value: "1"
          name: kernel.msgmax # sysctls
        windowsOptions:
          hostProcess: true # windows-host-process
      volumes:
      - name: logs
        hostPath: # volume-types
          path: /var/log # host-path
      containers:
      - name: web
        ports:
        - containerPort: 80
          hostPort: 80 # host-ports
        livenessProbe:
          httpGet:
            port: 80
            host: 10.0.0.1 # host-probes
        securityContext: # privilege-escalation
          privileged: true # privileged
          procMount: Unmasked # proc-mount proc-mount-restricted
          capabilities: # drop-all-capabilities
            add:
            - NET_BIND_SERVICE
            - SYS_ADMIN # capabilities drop-all-capabilities
      - name: web-2
        securityContext:
          allowPrivilegeEscalation: false
          appArmorProfile:
            type: Unconfined # apparmor-profile
          seccompProfile:
            type: Unconfined # seccomp-profile seccomp-profile-restricted
          seLinuxOptions:
            role: sysadm_r # selinux-options
          procMount: Unmasked # proc-mount proc-mount-restricted
          capabilities:
            add:
            - NET_BIND_SERVICE
            - SYS_ADMIN # capabilities drop-all-capabilities
            drop: [ALL]
        livenessProbe:
          httpGet:
            port: 80
            host: 10.0.0.1 # host-probes
`
	objects, err := manifest.Read("web.yaml", []byte(web))
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, f := range p.evaluate(t, "1.36", objects, "").Findings {
		got = append(got, fmt.Sprintf("%d %s", f.Location.Line, strings.TrimPrefix(f.Rule, "security/")))
		if f.Container != "" && !strings.Contains(f.Message, fmt.Sprintf("container %q", f.Container)) || f.Container == "" && strings.Contains(f.Message, "container \"") {
			t.Errorf("%s is in the container %q", f.Message, f.Container)
		}
	}
	for i, line := range strings.Split(web, "\n") {
		if _, rules, ok := strings.Cut(line, " # "); ok {
			for _, rule := range strings.Fields(rules) {
				want = append(want, fmt.Sprintf("%d %s", i+1, rule))
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
