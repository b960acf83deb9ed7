package dryrun_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"
)

// What the table of changes has to hold at least: seeded changes that are refused
// or warned of, and objects that change and look as if they were.
const (
	leastSeeded   = 60
	leastHarmless = 40
)

// areas are what seeded changes are about, each with an example and the rule that
// speaks there. Conflicts of ownership are those of a live cluster: TestOwnership.
var areas = []struct{ area, example, rule string }{
	{"fields of workloads that cannot change", "immutable_workloads", "immutable-field"},
	{"templates of Jobs", "immutable_jobs", "immutable-field"},
	{"storage", "immutable_storage", "immutable-field"},
	{"Pods, Services, Secrets and ConfigMaps", "immutable_core", "immutable-field"},
	{"bindings, classes and endpoints", "immutable_others", "immutable-field"},
	{"definitions", "immutable_definitions", "immutable-field"},
	{"schemas and CEL of custom resources", "custom", "invalid"},
	{"patterns, formats and lists of custom resources", "custom_rules", "invalid"},
	{"transition rules with oldSelf", "custom_rules", "immutable-field"},
	{"definitions and policies that are wrong", "broken_rules", "invalid"},
	{"what validation asks of built-in kinds", "fields", "invalid"},
	{"values that only the server has", "strategies", "immutable-field"},
	{"fields that no schema has", "misspelt", "unknown-field"},
	{"versions that are not served", "versions", "version-not-served"},
	{"validating policies with parameters", "policy_params", "refused"},
	{"mutating policies", "policy_mutates_pods", "pod-refused"},
	{"ranges of limits", "limits", "refused"},
	{"quotas of Pods", "quota_replicas", "pod-refused"},
	{"quotas of objects", "quota_counts", "refused"},
	{"the level baseline", "levels", "pod-refused"},
	{"the level restricted", "workloads", "pod-refused"},
	{"a level that changes", "relabelled_namespace", "pod-refused"},
	{"a namespace in the same change", "new_namespace", "pod-refused"},
	{"a definition in the same change", "new_definition", "invalid"},
	{"a policy in the same change", "policy_new", "refused"},
	{"a version that objects are stored in", "stored_version", "immutable-field"},
	{"a field that the version before did not have", "version_moved", "immutable-field"},
	{"finalizers", "finalizers", "invalid"},
	{"owners", "owners", "invalid"},
	{"deletions that are held up", "deletion_held", "deletion-held"},
	{"deletions that are refused", "deletions", "deletion-refused"},
	{"deletions of what others use", "account_deleted", "pod-refused"},
	{"deletions of what others live in", "deleted_around", "refused"},
	{"what two Services ask for", "service_taken", "invalid"},
	{"what quotas leave room for", "quota_replicas", "pod-refused"},
	{"objects that quotas count", "quota_counts", "refused"},
	{"what quotas want to know of Pods", "quota_limits_missing", "pod-refused"},
	{"what the server warns of", "warnings", "api-warning"},
	{"the way back", "rollback_statefulset", "rollback"},
}

// fixedKinds are the kinds of Kubernetes 1.36 with fields that an update cannot
// change: those whose validation of updates in k8s.io/kubernetes/pkg/apis compares
// old and new, of the versions that are served by default and without those that
// only the control plane writes (Event) or that keep old values without a word
// (CertificateSigningRequest).
var fixedKinds = []string{
	"ClusterRoleBinding", "ConfigMap", "ControllerRevision", "CSIDriver", "CSIStorageCapacity", "CustomResourceDefinition",
	"DaemonSet", "Deployment", "EndpointSlice", "IngressClass", "IPAddress", "Job", "Node", "PersistentVolume",
	"PersistentVolumeClaim", "Pod", "PriorityClass", "ReplicaSet", "ResourceClaim", "ResourceClaimTemplate", "ResourceQuota", "ResourceSlice",
	"RoleBinding", "RuntimeClass", "Secret", "Service", "ServiceCIDR", "StatefulSet", "StorageClass", "VolumeAttachment",
	"VolumeAttributesClass",
}

// TestTable holds the examples of TestAnswers together: there are enough of them,
// for all that a server looks at, each finding is at the line it is about, and
// what is harmless has none.
func TestTable(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	own, _ := filepath.Glob("testdata/embedded/*.txtar")
	if err != nil || len(own) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	files = append(files, own...)
	seeded, harmless := 0, 0
	fixed := map[string]bool{}
	rules := map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		found := rowsOf(t, text(archive, "want.txt"))
		if name == "harmless" || strings.HasPrefix(name, "harmless_") {
			harmless += harmlessOf(t, name, text(archive, "want.txt"))
		}
		places := map[string]bool{}
		for _, r := range found {
			if fault := r.misplaced(t, archive); fault != "" {
				t.Errorf("%s: %s %s: %s", name, r.object, r.path, fault)
			}
			rules[name+" "+r.rule] = true
			if r.baseline != "new" || r.rule == "rollback" {
				continue
			}
			places[r.object+" "+r.path] = true
			if r.rule == "immutable-field" {
				fixed[strings.Fields(r.object)[0]] = true
			}
		}
		seeded += len(places)
	}
	t.Logf("%d seeded changes, %d harmless ones, in %d files", seeded, harmless, len(files))
	if seeded < leastSeeded || harmless < leastHarmless {
		t.Errorf("%d seeded changes and %d harmless ones; want %d and %d", seeded, harmless, leastSeeded, leastHarmless)
	}
	for _, a := range areas {
		if !rules[a.example+" "+a.rule] {
			t.Errorf("%s: no finding of %s in %s.txtar", a.area, a.rule, a.example)
		}
	}
	for _, kind := range fixedKinds {
		if !fixed[kind] {
			t.Errorf("no example of what a %s cannot change", kind)
		}
	}
}

// row is a finding of want.txt.
type row struct {
	rule, baseline, object, file, path string
	line                               int
}

var (
	finding  = regexp.MustCompile(`^(?:error|warning|note) dry-run/(\S+) (\S+) (.*?)(?: container \S+)?$`)
	location = regexp.MustCompile(`^  (\S+):(\d+) (\S*)$`)
)

func rowsOf(t *testing.T, want string) []row {
	t.Helper()
	var out []row
	lines := strings.Split(want, "\n")
	for n, line := range lines {
		m := finding.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		r := row{rule: m[1], baseline: m[2], object: m[3]}
		if at := location.FindStringSubmatch(lines[n+1]); at != nil {
			r.file, r.path = at[1], at[3]
			r.line, _ = strconv.Atoi(at[2])
		}
		out = append(out, r)
	}
	return out
}

// misplaced says why the line of a finding is not that of its path, or nothing:
// it is in the document of the object, and has the last field of the path that
// the document has, or starts an item of a list.
func (r row) misplaced(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	lines := strings.Split(text(archive, r.file), "\n")
	if r.line < 1 || r.line > len(lines) {
		return fmt.Sprintf("no line %s:%d", r.file, r.line)
	}
	start, end := r.line-1, r.line
	for start > 0 && lines[start-1] != "---" {
		start--
	}
	for end < len(lines) && lines[end] != "---" {
		end++
	}
	names := strings.Fields(r.object)
	document := strings.Join(lines[start:end], "\n")
	if !strings.Contains(document, names[0]) || !strings.Contains(document, names[len(names)-1]) {
		return fmt.Sprintf("line %d is of another object", r.line)
	}
	line := lines[r.line-1]
	switch step, item := deepest(t, document, r.path); {
	case step == "":
		if r.line-1 != start {
			return fmt.Sprintf("line %d is not the first of the object: %s", r.line, line)
		}
	case !strings.Contains(line, step) && !(item && strings.HasPrefix(strings.TrimSpace(line), "- ")):
		return fmt.Sprintf("line %d has no %s: %s", r.line, step, line)
	}
	return ""
}

// deepest is the name of the last field on a path that a document has, and whether
// the path ends in an item of it.
func deepest(t *testing.T, document, path string) (name string, item bool) {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(document), &value); err != nil {
		t.Fatal(err)
	}
	for _, step := range manifest.SplitPointer(path) {
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return name, item
			}
			value, name, item = next, cmp.Or(step, `""`), false
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(v) {
				return name, item
			}
			value, item = v[n], true
		}
	}
	return name, item
}

var tried = regexp.MustCompile(`(?m)^tried (\d+) on `)

// harmlessOf counts the objects of a harmless example, of which nothing is found
// and which are all tried.
func harmlessOf(t *testing.T, name, want string) int {
	t.Helper()
	if rows := rowsOf(t, want); len(rows) > 0 || strings.Contains(want, "not tried") {
		t.Errorf("%s is not harmless:\n%s", name, want)
	}
	m := tried.FindStringSubmatch(want)
	if m == nil {
		t.Errorf("%s: nothing was tried", name)
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
