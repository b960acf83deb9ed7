package render_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/render"
)

// A file that means to be a manifest is an object or an error; any other YAML
// is left out. The file lies beside a manifest that is all right.
func TestWhatMeansToBeAManifest(t *testing.T) {
	const fine = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fine}\n"
	for name, tt := range map[string]struct{ text, want string }{
		"values":                     {"replicas: 2\nimage: {tag: v1}\n", ""},
		"values with a kind":         {"kind: DaemonSet\nreplicas: 2\n", ""},
		"values with an apiVersion":  {"apiVersion: apps/v1\nreplicas: 2\n", ""},
		"chart":                      {"apiVersion: v2\nname: app\nversion: 1.0.0\n", ""},
		"index of charts":            {"apiVersion: v1\nentries: {}\ngenerated: now\n", ""},
		"data sources of Grafana":    {"apiVersion: 1\ndatasources: []\n", ""},
		"list":                       {"- op: add\n  path: /a\n", ""},
		"scalar":                     {"text\n", ""},
		"empty":                      {"", ""},
		"comment":                    {"# nothing\n---\n", ""},
		"front matter":               {"metadata: {name: a}\n", ""},
		"no kind":                    {"apiVersion: v1\nmetadata: {name: a}\n", "x.yaml:1: not a Kubernetes object"},
		"no kind, behind a comment":  {"# c\n\napiVersion: apps/v1\nspec: {}\n", "x.yaml:3: not a Kubernetes object"},
		"no apiVersion":              {"kind: ConfigMap\nmetadata: {name: a}\n", "x.yaml:1: not a Kubernetes object"},
		"neither":                    {"metadata: {name: a}\nspec: {replicas: 1}\n", "x.yaml:1: not a Kubernetes object"},
		"misspelt":                   {"apiversion: v1\nKind: ConfigMap\nmetadata: {name: a}\n", "x.yaml:1: not a Kubernetes object"},
		"kind is null":               {"apiVersion: v1\nkind:\nmetadata: {name: a}\n", "x.yaml:1: not a Kubernetes object"},
		"apiVersion is a number":     {"apiVersion: 1\nkind: ConfigMap\nmetadata: {name: a}\n", "x.yaml:1: not a Kubernetes object"},
		"no name":                    {"apiVersion: v1\nkind: ConfigMap\n", "x.yaml:1: ConfigMap has no metadata.name"},
		"broken one beside good one": {fine + "---\nkind: ConfigMap\nmetadata: {name: a}\n", "x.yaml:5: not a Kubernetes object"},
		"values beside a manifest":   {strings.Replace(fine, "fine", "b", 1) + "---\nreplicas: 2\n", "x.yaml:5: not a Kubernetes object"},
		"list beside a manifest":     {strings.Replace(fine, "fine", "b", 1) + "---\n- a\n", "x.yaml:5: this document is a list"},
		"list before a manifest":     {"- a\n---\n" + fine, "x.yaml:1: this document is a list"},
		"no YAML":                    {"a: b: c\n", "x.yaml:1: "},
		"template":                   {"{{- if .Values.a }}\na: b\n{{- end }}\n", "x.yaml:1: "},
		"tab":                        {"a:\n\tb: c\n", "x.yaml:2: "},
	} {
		fsys := fstest.MapFS{"app/fine.yaml": {Data: []byte(fine)}, "app/x.yaml": {Data: []byte(tt.text)}}
		env := config.Environment{Name: "x", Roots: []config.Root{{Kind: config.Directory, Path: "app"}}}
		result := renderAll(t, pool(t, render.PoolOptions{}), fsys, env)
		switch {
		case tt.want == "" && (len(result.Errors) > 0 || result.Objects.Len() != 1):
			t.Errorf("%s: got %v, errors %v", name, ids(result), result.Errors)
		case tt.want != "" && len(result.Errors) != 1:
			t.Errorf("%s: got %v, want an error", name, ids(result))
		case tt.want != "" && (!strings.Contains(result.Errors[0].Msg, "app/"+tt.want) || result.Errors[0].Hint == ""):
			t.Errorf("%s: got %q, hint %q, want %q in it", name, result.Errors[0].Msg, result.Errors[0].Hint, tt.want)
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	fsys := fstest.MapFS{}
	for i := range 300 {
		fsys[fmt.Sprintf("app/%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, `apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%d, namespace: shop, labels: {app: web}}
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.2.3
        ports: [{containerPort: 8080, name: http}]
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        resources:
          requests: {cpu: 100m, memory: 64Mi}
`, i)}
	}
	p := pool(b, render.PoolOptions{Workers: 1})
	env := config.Environment{Name: "x", Roots: []config.Root{{Kind: config.Directory, Path: "app"}}}
	b.ReportAllocs()
	for b.Loop() {
		if result := renderAll(b, p, fsys, env); result.Objects.Len() != 300 {
			b.Fatalf("%d objects, %v", result.Objects.Len(), result.Errors)
		}
	}
}
