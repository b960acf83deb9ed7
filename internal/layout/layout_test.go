package layout

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func files(content map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range content {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		glob, path string
		want       bool
	}{
		{"docs", "docs", true},
		{"docs", "docs/a/b.yaml", true},
		{"docs/", "docs/a", true},
		{"docs", "my/docs", false},
		{"**/docs", "my/docs/x", true},
		{"**/docs", "docs", true},
		{"docs/**", "docs/x/y", true},
		{"*.yaml", "a.yaml", true},
		{"*.yaml", "b/a.yaml", false},
		{"**/*.yaml", "b/c/a.yaml", true},
		{"a/**/z", "a/z", true},
		{"a/**/z", "a/b/c/z/deeper", true},
		{"a/**/b/**/z", "a/b/x/b/y/z", true},
		{"a/**/b/**/z", "a/x/y/z", false},
		{"[", "[", true},
		{"[", "x", false},
	} {
		if got := Match(tt.glob, tt.path); got != tt.want {
			t.Errorf("Match(%q, %q) = %v", tt.glob, tt.path, got)
		}
	}
	// The time must not grow exponentially with the number of stars.
	Match(strings.Repeat("**/a/", 40)+"b", strings.TrimSuffix(strings.Repeat("a/", 500), "/"))
}

func TestOutline(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string
		want             []ID
		reader           reader
	}{
		{"one", "a.yaml", configMap, []ID{{"", "ConfigMap", "", "a"}}, cluster},
		{"quoted, with comments and a namespace", "a.yml", "# c\n\"apiVersion\": 'apps/v1' # x\nkind: \"Deployment\"\nmetadata: # m\n    labels:\n        name: no\n    name: web\n    namespace: n\n",
			[]ID{{"apps", "Deployment", "n", "web"}}, cluster},
		{"several", "a.yaml", configMap + "---\n" + configMap + "--- # c\nfoo: bar\n", []ID{{"", "ConfigMap", "", "a"}, {"", "ConfigMap", "", "a"}}, cluster},
		{"byte order mark and CRLF", "a.yaml", "\xef\xbb\xbf" + strings.ReplaceAll(configMap, "\n", "\r\n"), []ID{{"", "ConfigMap", "", "a"}}, cluster},
		{"no kind", "a.yaml", "apiVersion: v1\nknd: ConfigMap\nmetadata: {name: a}\n", nil, cluster},
		{"no metadata", "a.yaml", "apiVersion: v1\nkind: ConfigMap\n", nil, cluster},
		{"template", "a.yaml", "{{- if .x }}\napiVersion: v1\nkind: X\nmetadata:\n  name: {{ .name }}\n{{ end }}\n", []ID{{"", "X", "", "{{ .name }}"}}, cluster},
		{"list", "a.yaml", "apiVersion: v1\nkind: List\nitems: []\n", nil, cluster},
		{"values", "a.yaml", "image:\n  apiVersion: v1\n  kind: x\n", nil, nobody},
		{"Chart.yaml", "a.yaml", "apiVersion: v2\nname: x\n", nil, nobody},
		{"skaffold", "skaffold.yaml", "apiVersion: skaffold/v4beta7\nkind: Config\nmetadata:\n  name: x\n", nil, tool},
		{"kubeconfig", "a.yaml", "apiVersion: v1\nkind: Config\n", nil, tool},
		{"a tool's document beside a manifest", "a.yaml", "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n---\n" + configMap, []ID{{"", "ConfigMap", "", "a"}}, cluster},
		{"JSON", "a.json", `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}`, []ID{{"", "ConfigMap", "n", "a"}}, cluster},
		{"JSON in YAML", "a.yaml", ` {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}`, []ID{{"", "ConfigMap", "", "a"}}, cluster},
		{"other JSON", "package.json", `{"name": "x"}`, nil, nobody},
		{"YAML called JSON", "a.json", configMap, nil, nobody},
		{"empty", "a.yaml", "", nil, nobody},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ids, reader := outline(tt.file, []byte(tt.text))
			if !reflect.DeepEqual(ids, tt.want) || reader != tt.reader {
				t.Errorf("got %v, %v; want %v, %v", ids, reader, tt.want, tt.reader)
			}
		})
	}
}

func TestScanKustomization(t *testing.T) {
	tree, err := Scan(files(map[string]string{
		"app/kustomization.yml": `
namespace: base
resources: [../base, d.yaml, https://example.com/x.yaml, ../../outside, /etc/passwd, missing.yaml]
components: [../comp]
patches: [{path: p.yaml}, {patch: "a: b"}]
patchesStrategicMerge: ["q.yaml", "apiVersion: v1\nkind: X\n"]
replacements: [{path: r.yaml}]
configMapGenerator: [{files: [key=c.yaml, c2.yaml], envs: [e.env]}]
helmGlobals: {chartHome: vendored}
helmCharts: [{name: web, valuesFile: v.yaml, additionalValuesFiles: [v2.yaml]}]
`,
		"app/d.yaml": configMap, "app/p.yaml": configMap, "app/q.yaml": configMap, "app/r.yaml": "a: b", "app/c.yaml": configMap, "app/c2.yaml": "", "app/e.env": "A=b",
		"app/v.yaml": "", "app/v2.yaml": "", "app/base/kustomization.yaml": "", "app/vendored/web/Chart.yaml": "name: web\n",
		"base/Kustomization": "resources: [d.yaml]\nnamePrefix: x-\n", "base/d.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\n" + configMap,
		"comp/kustomization.yaml": "kind: Component\nresources: 7\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	k := tree.Kustomizations["app"]
	if want := []string{"base", "comp"}; !slices.Equal(k.Dirs, want) {
		t.Errorf("directories are %q, want %q", k.Dirs, want)
	}
	want := []string{"app/c.yaml", "app/c2.yaml", "app/d.yaml", "app/e.env", "app/kustomization.yml", "app/p.yaml", "app/q.yaml", "app/r.yaml", "app/v.yaml", "app/v2.yaml"}
	if !slices.Equal(k.Files, want) {
		t.Errorf("files are %q, want %q", k.Files, want)
	}
	if want := []string{"app/vendored/web"}; !slices.Equal(k.Charts, want) {
		t.Errorf("charts are %q, want %q", k.Charts, want)
	}
	if !tree.Kustomizations["comp"].Component {
		t.Error("a component is not recognised")
	}
	if got, want := tree.Objects("app"), (map[ID]bool{{"", "ConfigMap", "base", "a"}: true, {"", "ConfigMap", "base", "x-a"}: true}); !reflect.DeepEqual(got, want) {
		t.Errorf("objects are %v, want %v", got, want)
	}
	if got := tree.Reach("app"); len(got) != 3 {
		t.Errorf("reach is %v", got)
	}
}

// TestObjectsOfSharedBases: layers that build on the one below twice must not
// take twice the time each, and cycles must end.
func TestObjectsOfSharedBases(t *testing.T) {
	content := map[string]string{"l00/kustomization.yaml": "resources: [a.yaml, ../l40/x]\n", "l00/a.yaml": configMap}
	for i := 1; i <= 40; i++ {
		for _, half := range []string{"x", "y"} {
			below := "../../l" + itoa(i-1)
			if i > 1 {
				below = below + "/x, " + below + "/y"
			}
			content["l"+itoa(i)+"/"+half+"/kustomization.yaml"] = "resources: [" + below + "]\n"
		}
	}
	tree, err := Scan(files(content))
	if err != nil {
		t.Fatal(err)
	}
	if got := tree.Objects("l40/x"); !got[ID{"", "ConfigMap", "", "a"}] {
		t.Errorf("objects are %v", got)
	}
	if got := len(tree.Reach("l40/x")); got != 80 {
		t.Errorf("%d directories are reached, want 80", got)
	}
}

func itoa(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

func TestScanCharts(t *testing.T) {
	tree, err := Scan(files(map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: top\n", "values.yaml": "a: b", "values-dev.yaml": "a: b", "values/prod.yaml": "a: b", "environments/qa/values.yaml": "a: b",
		"templates/d.yaml": configMap, "crds/c.yaml": configMap, "charts/sub/Chart.yaml": "name: sub\n", "charts/sub/templates/d.yaml": configMap,
		"k8s/d.yaml": configMap, "environments/qa/d.yaml": configMap,
		"lib/Chart.yaml": "name: lib\ntype: library # t\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got := sortedKeys(tree.Charts); !slices.Equal(got, []string{".", "lib"}) {
		t.Errorf("charts are %q", got)
	}
	if got, want := tree.Charts["."].Values, []string{"environments/qa/values.yaml", "values-dev.yaml", "values.yaml", "values/prod.yaml"}; !slices.Equal(got, want) {
		t.Errorf("values are %q, want %q", got, want)
	}
	if !tree.Charts["lib"].Library || tree.Charts["."].Library {
		t.Error("library charts are not told apart")
	}
	if got, want := sortedKeys(tree.Manifests), []string{"environments/qa/d.yaml", "k8s/d.yaml"}; !slices.Equal(got, want) {
		t.Errorf("manifests are %q, want %q", got, want)
	}
}

func TestDirectoryFiles(t *testing.T) {
	tree, err := Scan(files(map[string]string{
		"c/a.yaml": configMap, "c/sub/b.yaml": configMap, "c/k/kustomization.yaml": "", "c/k/x.yaml": configMap, "c/k/deep/y.yaml": configMap,
		"c/values.yaml": "a: b", "c/chart/Chart.yaml": "name: x\n", "c/chart/templates/t.yaml": configMap, "cc/z.yaml": configMap,
		"c/.hidden/h.yaml": configMap, "c/vendor/v.yaml": configMap, "c/skip/s.yaml": configMap, "c/.h.yaml": configMap,
	}), "c/skip")
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string][]string{
		"c":        {"c/a.yaml", "c/sub/b.yaml"},
		"c/k":      {"c/k/deep/y.yaml", "c/k/x.yaml"},
		"c/a.yaml": {"c/a.yaml"},
		".":        {"c/a.yaml", "c/sub/b.yaml", "cc/z.yaml"},
		"nowhere":  nil,
	} {
		if got := tree.DirectoryFiles(dir); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", dir, got, want)
		}
	}
	if got, want := sortedKeys(tree.PassedOver), []string{"c/skip", "c/vendor"}; !slices.Equal(got, want) {
		t.Errorf("passed over are %q, want %q", got, want)
	}
}

func TestScanFollowsLinksToFilesOnly(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "real"), 0o755))
	must(os.WriteFile(filepath.Join(dir, "real", "a.yaml"), []byte(configMap), 0o644))
	must(os.Symlink("real/a.yaml", filepath.Join(dir, "link.yaml")))
	must(os.Symlink("real", filepath.Join(dir, "dir")))
	must(os.Symlink("nowhere.yaml", filepath.Join(dir, "dangling.yaml")))
	tree, err := Scan(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sortedKeys(tree.Manifests), []string{"link.yaml", "real/a.yaml"}; !slices.Equal(got, want) {
		t.Errorf("manifests are %q, want %q", got, want)
	}
}

// FuzzScan: no content of a kustomization or manifest makes Scan panic or hang,
// and every reference it finds is a path of the tree.
func FuzzScan(f *testing.F) {
	f.Add("resources: [../b, m.yaml]\n", configMap)
	f.Add("resources: &a [*a]\n", "---\n---")
	f.Add("helmCharts: [{name: ../..}]\nconfigMapGenerator: [{files: ['=']}]\n", "{\"apiVersion\": 1}")
	f.Add("namePrefix: 7\nkind: Component\n", "\xef\xbb\xbf: \n:")
	f.Fuzz(func(t *testing.T, kustomization, manifest string) {
		fsys := files(map[string]string{
			"a/kustomization.yaml": kustomization, "b/kustomization.yaml": kustomization,
			"a/m.yaml": manifest, "a/m.json": manifest, "charts/Chart.yaml": manifest,
		})
		tree, err := Scan(fsys)
		if err != nil {
			t.Fatal(err)
		}
		tree.Objects("a")
		for p := range tree.Reach("a") {
			if tree.Kustomizations[p] == nil {
				t.Errorf("%q is no kustomization", p)
			}
		}
		for _, p := range tree.Kustomizations["a"].Files {
			if _, ok := fsys[p]; !ok {
				t.Errorf("%q is no file", p)
			}
		}
	})
}
