package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
)

func set(t testing.TB, yaml string) *manifest.Set {
	t.Helper()
	objects, err := manifest.Read("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.NewSet(objects...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// describe is one line for each delta: the operation, the identity, the rename.
func describe(deltas []diff.Delta) string {
	var b strings.Builder
	for _, d := range deltas {
		fmt.Fprintf(&b, "%s %s", d.Operation, d.ID())
		if d.RenamedFrom != nil {
			fmt.Fprintf(&b, " from %s", d.RenamedFrom)
		}
		if d.RenamedTo != nil {
			fmt.Fprintf(&b, " to %s", d.RenamedTo)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\ndata: %s\n"

func join(docs ...string) string { return strings.Join(docs, "---\n") }

func TestCompare(t *testing.T) {
	cm := func(name, data string) string { return fmt.Sprintf(configMap, name, data) }
	account := func(namespace, name string) string {
		return fmt.Sprintf("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s, namespace: %s}\n", name, namespace)
	}
	deployment := func(version, rest string) string {
		return "apiVersion: " + version + "\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: " + rest + "\n"
	}
	tests := []struct{ name, base, head, want string }{
		{"nothing", "", "", ""},
		{"order of keys", cm("a", "{x: '1', y: '2'}"), cm("a", "{y: '2', x: '1'}"), ""},
		{"integer and float", deployment("apps/v1", "{replicas: 1}"), deployment("apps/v1", "{replicas: 1.0}"), ""},
		{"integer beyond a float", deployment("apps/v1", "{replicas: 9007199254740993}"), deployment("apps/v1", "{replicas: 9007199254740992.0}"),
			"UPDATE Deployment.apps shop/web\n"},
		{"string and integer", deployment("apps/v1", "{replicas: 1}"), deployment("apps/v1", "{replicas: '1'}"), "UPDATE Deployment.apps shop/web\n"},
		{"null and missing", deployment("apps/v1", "{replicas: null}"), deployment("apps/v1", "{}"), "UPDATE Deployment.apps shop/web\n"},
		{"null and another key", deployment("apps/v1", "{a: null}"), deployment("apps/v1", "{b: null}"), "UPDATE Deployment.apps shop/web\n"},
		{"order of lists", deployment("apps/v1", "{l: [1, 2]}"), deployment("apps/v1", "{l: [2, 1]}"), "UPDATE Deployment.apps shop/web\n"},
		{"apiVersion", deployment("apps/v1beta1", "{}"), deployment("apps/v1", "{}"), "UPDATE Deployment.apps shop/web\n"},
		{"another group", deployment("extensions/v1beta1", "{a: 1}"), deployment("apps/v1", "{a: 1}"),
			"CREATE Deployment.apps shop/web\nDELETE Deployment.extensions shop/web\n"},
		{"create, update, delete", join(cm("b", "{}"), cm("c", "{x: y}")), join(cm("a", "{}"), cm("b", "{x: z}")),
			"CREATE ConfigMap shop/a\nUPDATE ConfigMap shop/b\nDELETE ConfigMap shop/c\n"},
		{"rename", cm("old", "{x: y}"), cm("new", "{x: y}"),
			"CREATE ConfigMap shop/new from ConfigMap shop/old\nDELETE ConfigMap shop/old to ConfigMap shop/new\n"},
		{"rename with equal numbers", deployment("apps/v1", "{n: 1}"), strings.Replace(deployment("apps/v1", "{n: 1.0}"), "web", "site", 1),
			"CREATE Deployment.apps shop/site from Deployment.apps shop/web\nDELETE Deployment.apps shop/web to Deployment.apps shop/site\n"},
		{"one partner only", join(cm("a", "{x: y}"), cm("b", "{x: y}")), cm("c", "{x: y}"),
			"DELETE ConfigMap shop/a to ConfigMap shop/c\nDELETE ConfigMap shop/b\nCREATE ConfigMap shop/c from ConfigMap shop/a\n"},
		{"a move rather than a new name", join(cm("a", "{x: y}"), cm("b", "{x: y}")), strings.Replace(cm("b", "{x: y}"), "shop", "store", 1),
			"DELETE ConfigMap shop/a\nDELETE ConfigMap shop/b to ConfigMap store/b\nCREATE ConfigMap store/b from ConfigMap shop/b\n"},
		{"nothing but a name", account("shop", "a"), account("shop", "b"), "DELETE ServiceAccount shop/a\nCREATE ServiceAccount shop/b\n"},
		{"nothing but a name, moved", account("shop", "a"), account("store", "a"),
			"DELETE ServiceAccount shop/a to ServiceAccount store/a\nCREATE ServiceAccount store/a from ServiceAccount shop/a\n"},
		{"generated name", cm("app-config-5h2kf8d4b9", "{x: a}"), cm("app-config-9tt4dkm2c6", "{x: b}"),
			"DELETE ConfigMap shop/app-config-5h2kf8d4b9 to ConfigMap shop/app-config-9tt4dkm2c6\n" +
				"CREATE ConfigMap shop/app-config-9tt4dkm2c6 from ConfigMap shop/app-config-5h2kf8d4b9\n"},
		{"generated short name", cm("app-config-5h2kf8", "{x: a}"), cm("app-config-9tt4dk", "{x: b}"),
			"DELETE ConfigMap shop/app-config-5h2kf8 to ConfigMap shop/app-config-9tt4dk\n" +
				"CREATE ConfigMap shop/app-config-9tt4dk from ConfigMap shop/app-config-5h2kf8\n"},
		{"best of two", join(cm("app-2222222222", "{x: a, y: b}"), cm("app-4444444444", "{x: a, z: c}")), cm("app-5555555555", "{x: q, z: c}"),
			"DELETE ConfigMap shop/app-2222222222\nDELETE ConfigMap shop/app-4444444444 to ConfigMap shop/app-5555555555\n" +
				"CREATE ConfigMap shop/app-5555555555 from ConfigMap shop/app-4444444444\n"},
		{"no hash", cm("app-config-web", "{x: a}"), cm("app-config-api", "{x: b}"),
			"CREATE ConfigMap shop/app-config-api\nDELETE ConfigMap shop/app-config-web\n"},
		{"other base", cm("app-2222222222", "{x: a}"), cm("api-4444444444", "{x: b}"),
			"CREATE ConfigMap shop/api-4444444444\nDELETE ConfigMap shop/app-2222222222\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := describe(diff.Compare(set(t, tt.base), set(t, tt.head))); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestCompareNil(t *testing.T) {
	if got := diff.Compare(nil, nil); len(got) != 0 {
		t.Errorf("got %d deltas of two empty sets", len(got))
	}
	s := set(t, fmt.Sprintf(configMap, "a", "{}"))
	if got := describe(diff.Compare(nil, s)); got != "CREATE ConfigMap shop/a\n" {
		t.Errorf("got %q", got)
	}
}

// FuzzCompare checks what holds for any two sets: equal sets give no delta, and
// looking at the change from the other side swaps its operations.
func FuzzCompare(f *testing.F) {
	f.Add(fmt.Sprintf(configMap, "a", "{x: '1'}"), fmt.Sprintf(configMap, "b", "{x: '1'}"))
	f.Add("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x: 1, y: [1, 1.0, {z: null}]}\n",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x: '1', y: [1, 1, {z: a}]}\n")
	f.Add("apiVersion: a/v1\nkind: K\nmetadata: {name: a}\nspec: [{name: a, v: 1}, {name: b, v: [1, 2]}]\n",
		"apiVersion: a/v2\nkind: K\nmetadata: {name: a}\nspec: [{name: b, v: [2, 1]}, {name: a, v: '1'}]\n")
	f.Fuzz(func(t *testing.T, base, head string) {
		a, okA := readable(base)
		b, okB := readable(head)
		if !okA || !okB {
			return
		}
		if got := diff.Compare(a, a); len(got) != 0 {
			t.Fatalf("a set differs from itself:\n%s", describe(got))
		}
		forward, backward := diff.Compare(a, b), diff.Compare(b, a)
		if got, want := describe(mirror(backward)), describe(forward); stripRenames(got) != stripRenames(want) {
			t.Fatalf("mirrored:\n%swant\n%s", got, want)
		}
		for _, d := range forward {
			for _, key := range [][]byte{nil, []byte("key")} {
				text, err := d.Text(diff.TextOptions{Key: key, MaxBytes: 512})
				if err != nil || text == "" || len(text) > 512 {
					t.Fatalf("%s: %d bytes of text, error %v", d.ID(), len(text), err)
				}
			}
		}
	})
}

func readable(yaml string) (*manifest.Set, bool) {
	objects, err := manifest.Read("fuzz.yaml", []byte(yaml))
	if err != nil {
		return nil, false
	}
	s, err := manifest.NewSet(objects...)
	return s, err == nil
}

func mirror(deltas []diff.Delta) []diff.Delta {
	out := make([]diff.Delta, len(deltas))
	for i, d := range deltas {
		out[i] = diff.Delta{Operation: d.Operation, Object: d.OldObject, OldObject: d.Object, RenamedFrom: d.RenamedTo, RenamedTo: d.RenamedFrom}
		switch d.Operation {
		case diff.Create:
			out[i].Operation = diff.Delete
		case diff.Delete:
			out[i].Operation = diff.Create
		}
	}
	return out
}

// stripRenames leaves the operations: which of several equal partners a rename
// takes depends on the side.
func stripRenames(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		line, _, _ = strings.Cut(line, " from ")
		line, _, _ = strings.Cut(line, " to ")
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
