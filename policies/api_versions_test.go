package policies_test

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/penstock-dev/penstock/policies"
)

// apiRow is a row of the table lifecycle of lib/api_versions.rego.
type apiRow struct {
	Deprecated, Removed []int
	Use, Source         string
}

// TestAPIVersions compares the table of built-in API versions with the life
// cycle that the types of Kubernetes declare themselves, by the methods that
// kube-apiserver reads to stop serving them. A type that is missing from the
// table fails, as does a row that says something else, or whose type declares
// nothing and which names no source.
func TestAPIVersions(t *testing.T) {
	var table map[string]apiRow
	libraryTable(t, "api_versions", &table)
	declared, newest := declaredRows()
	if len(declared) < 80 || newest.Minor() < 36 {
		t.Fatalf("the scheme declares %d life cycles, the newest of %s", len(declared), newest)
	}
	for key, want := range declared {
		got, ok := table[key]
		if !ok {
			t.Errorf("%s is not in the table: %+v", key, want)
			continue
		}
		if !slices.Equal(got.Deprecated, want.Deprecated) || !slices.Equal(got.Removed, want.Removed) || got.Use != want.Use || got.Source != "" {
			t.Errorf("%s: the table has %+v, its type declares %+v", key, got, want)
		}
	}
	for key, row := range table {
		if _, ok := declared[key]; ok {
			continue
		}
		gone := len(row.Removed) == 2 && !newest.LessThan(version.MajorMinor(uint(row.Removed[0]), uint(row.Removed[1])))
		if row.Source == "" || !gone {
			t.Errorf("%s: no type declares the dates of %+v; a row needs a source and a release up to %s that dropped it", key, row, newest)
		}
	}
}

// declaredRows are the rows that the scheme of client-go declares, and the
// Kubernetes version in which its newest type came.
func declaredRows() (map[string]apiRow, *version.Version) {
	type aging interface {
		APILifecycleIntroduced() (major, minor int)
		APILifecycleDeprecated() (major, minor int)
	}
	type ending interface {
		APILifecycleRemoved() (major, minor int)
	}
	newest := version.MajorMinor(0, 0)
	rows := map[string]apiRow{}
	for gvk := range scheme.Scheme.AllKnownTypes() {
		object, err := scheme.Scheme.New(gvk)
		old, ok := object.(aging)
		if err != nil || !ok {
			continue
		}
		if came := release(old.APILifecycleIntroduced()); newest.LessThan(came) {
			newest = came
		}
		// These are bodies of subresources: no manifest can apply them.
		subresource := slices.Contains([]string{"DeploymentRollback", "Eviction", "Scale"}, gvk.Kind)
		if subresource || strings.HasSuffix(gvk.Kind, "List") {
			continue
		}
		row := apiRow{Deprecated: pair(old.APILifecycleDeprecated()), Use: successor(gvk)}
		if last, ok := object.(ending); ok {
			row.Removed = pair(last.APILifecycleRemoved())
		}
		rows[fmt.Sprintf("%s/%s", gvk.GroupVersion(), gvk.Kind)] = row
	}
	return rows, newest
}

// successor is what takes the place of a type in the end: what it declares, and
// what that declares in turn; else the most stable version of the kind.
func successor(gvk schema.GroupVersionKind) string {
	type replaced interface {
		APILifecycleReplacement() schema.GroupVersionKind
	}
	at := gvk
	for {
		next := at
		object, err := scheme.Scheme.New(at)
		if r, ok := object.(replaced); err == nil && ok {
			next = r.APILifecycleReplacement()
			// IngressClass declares the list of its successor.
			next.Kind = strings.TrimSuffix(next.Kind, "List")
		} else {
			for _, v := range scheme.Scheme.VersionsForGroupKind(at.GroupKind()) {
				if apiversion.CompareKubeAwareVersionStrings(v.Version, next.Version) > 0 {
					next.Version = v.Version
				}
			}
		}
		if next == at {
			break
		}
		at = next
	}
	switch {
	case at == gvk:
		return ""
	case at.Kind != gvk.Kind:
		return fmt.Sprintf("%s (%s)", at.GroupVersion(), at.Kind)
	}
	return at.GroupVersion().String()
}

func release(major, minor int) *version.Version {
	return version.MajorMinor(uint(major), uint(minor))
}

func pair(major, minor int) []int { return []int{major, minor} }

// libraryTable reads the constant lifecycle of a module of the library.
func libraryTable(t *testing.T, name string, into any) {
	t.Helper()
	source := policies.Library()
	file := source.Dir + "/lib/" + name + ".rego"
	data, err := fs.ReadFile(source.FS, file)
	if err != nil {
		t.Fatal(err)
	}
	module, err := ast.ParseModuleWithOpts(file, string(data), ast.ParserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range module.Rules {
		if rule.Head.Name != "lifecycle" {
			continue
		}
		if err := ast.As(rule.Head.Value.Value, into); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("%s has no table lifecycle", file)
}

// TestOperatorVersions checks that the rules which judge by the table of
// operators name all of them where they describe their parameter.
func TestOperatorVersions(t *testing.T) {
	var table map[string][]struct{ Operator string }
	libraryTable(t, "operator_versions", &table)
	operators := map[string]bool{}
	for _, rows := range table {
		for _, row := range rows {
			operators[row.Operator] = true
		}
	}
	want := "Known are " + strings.Join(slices.Sorted(maps.Keys(operators)), ", ") + "."
	source := policies.Library()
	for _, rule := range []string{"api/deprecated-version", "api/removed-version"} {
		data, err := fs.ReadFile(source.FS, source.Dir+"/"+rule+"/rule.rego")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), want) {
			t.Errorf("%s does not say: %s", rule, want)
		}
	}
}
