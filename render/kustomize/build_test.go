package kustomize_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/render/kustomize"
	"golang.org/x/tools/txtar"
)

// Every archive is a tree with the kustomization app, and want.yaml, which
// `kustomize build app` of kustomize v5.8.2 prints.
func TestBuildPrintsWhatKustomizeDoes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fsys, want := fstest.MapFS{}, ""
			for _, f := range archive.Files {
				if f.Name == "want.yaml" {
					want = string(f.Data)
					continue
				}
				fsys[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			// The builds of this test run one after another, and the one with a
			// schema tells of kinds that no other has.
			result, err := kustomize.Build(t.Context(), fsys, "app", kustomize.Options{Fresh: true})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range result.Objects {
				got = append(got, string(o.YAML))
				if _, there := fsys[o.File]; !there || len(o.Owners) == 0 {
					t.Errorf("an object comes from %q through %v", o.File, o.Owners)
				}
			}
			if text := strings.Join(got, "---\n"); text != want {
				t.Errorf("got\n%s\nwant\n%s", text, want)
			}
		})
	}
}

func TestBuildRefuses(t *testing.T) {
	const web = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
	for name, tt := range map[string]struct {
		files      map[string]string
		want, hint string
		network    bool
	}{
		"URL":            {files: map[string]string{"app/kustomization.yaml": "resources:\n- https://example.com/a.yaml\n"}, want: "app/kustomization.yaml:2", hint: "vendor", network: true},
		"ssh":            {files: map[string]string{"app/kustomization.yaml": "resources:\n- git@example.com:org/repo.git\n"}, want: "app/kustomization.yaml:2", hint: "vendor", network: true},
		"ssh URL":        {files: map[string]string{"app/kustomization.yaml": "resources:\n- ssh://git@example.com/org/repo?ref=v1\n"}, want: "app/kustomization.yaml:2", hint: "vendor", network: true},
		"host":           {files: map[string]string{"app/kustomization.yaml": "resources:\n- github.com/org/repo\n"}, want: "app/kustomization.yaml:2", hint: "vendor", network: true},
		"component":      {files: map[string]string{"app/kustomization.yaml": "components:\n- github.com/org/repo//c?ref=v1\n"}, want: "app/kustomization.yaml:2", hint: "vendor", network: true},
		"patch URL":      {files: map[string]string{"app/kustomization.yaml": "resources: [web.yaml]\npatches:\n- path: https://example.com/p.yaml\n", "app/web.yaml": web}, want: "app/kustomization.yaml:3", hint: "vendor", network: true},
		"generator URL":  {files: map[string]string{"app/kustomization.yaml": "configMapGenerator:\n- name: a\n  files:\n  - https://example.com/p.yaml\n"}, want: "app/kustomization.yaml:4", hint: "vendor", network: true},
		"schema URL":     {files: map[string]string{"app/kustomization.yaml": "resources: [web.yaml]\nopenapi:\n  path: https://example.com/p.json\n", "app/web.yaml": web}, want: "app/kustomization.yaml:3", hint: "vendor", network: true},
		"base behind":    {files: map[string]string{"app/kustomization.yaml": "resources: [../base]\n", "base/kustomization.yaml": "resources:\n- nothing.yaml\n"}, want: "base/kustomization.yaml:2: base/nothing.yaml is not in the repository", hint: "path"},
		"no file":        {files: map[string]string{"app/web.yaml": web}, want: "app: this directory has no kustomization file", hint: "kustomization.yaml"},
		"directory":      {files: map[string]string{"app/kustomization.yaml": "resources:\n- ../base\n", "base/web.yaml": web}, want: "app/kustomization.yaml:2", hint: "kustomization.yaml"},
		"two files":      {files: map[string]string{"app/kustomization.yaml": "resources: []\n", "app/kustomization.yml": "resources: []\n"}, want: "app/kustomization.yaml", hint: "kustomize build"},
		"cycle":          {files: map[string]string{"app/kustomization.yaml": "resources: [../base]\n", "base/kustomization.yaml": "resources: [../app]\n"}, want: "cycle", hint: "kustomize build"},
		"above root":     {files: map[string]string{"app/kustomization.yaml": "resources: [../web.yaml]\n", "web.yaml": web}, want: "app/kustomization.yaml", hint: "kustomize build"},
		"twice":          {files: map[string]string{"app/kustomization.yaml": "resources: [web.yaml, copy.yaml]\n", "app/web.yaml": web, "app/copy.yaml": web}, want: "app/kustomization.yaml", hint: "kustomize build"},
		"duplicate key":  {files: map[string]string{"app/kustomization.yaml": "resources: []\nresources: []\n"}, want: "app/kustomization.yaml:2: the key \"resources\" is there twice"},
		"broken file":    {files: map[string]string{"app/kustomization.yaml": "resources: [web.yaml]\n", "app/web.yaml": web + "data: {\n"}, want: "app/web.yaml:4: ", hint: ""},
		"no kind":        {files: map[string]string{"app/kustomization.yaml": "resources: [web.yaml]\n", "app/web.yaml": "apiVersion: v1\nmetadata: {name: web}\n"}, want: "app/web.yaml:1: not a Kubernetes object"},
		"exec plugin":    {files: map[string]string{"app/kustomization.yaml": "generators:\n- |-\n  apiVersion: example.com/v1\n  kind: Maker\n  metadata:\n    name: a\n    annotations:\n      config.kubernetes.io/function: |\n        exec: {path: ./run.sh}\n"}, want: "app/kustomization.yaml:2: Maker is a plugin", hint: "commit what"},
		"chart plugin":   {files: map[string]string{"app/kustomization.yaml": "generators: [chart.yaml]\n", "app/chart.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: a}\nname: a\n"}, want: "app/chart.yaml:1", hint: "helmCharts"},
		"chart plugin 2": {files: map[string]string{"app/kustomization.yaml": "generators:\n- |-\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: a}\n  name: a\n"}, want: "app/kustomization.yaml:2", hint: "helmCharts"},
		"secret literal": {files: map[string]string{"app/kustomization.yaml": "secretGenerator:\n- name: a\n  literals: [hunter2]\n"}, want: "literal sources [[hidden]]", hint: "kustomize build"},
		"same key":       {files: map[string]string{"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {a: b}\n  labels: {c: d}\n"}, want: "app/a.yaml:6: the key \"labels\" is there twice"},
		"secret tag":     {files: map[string]string{"app/kustomization.yaml": "resources: [s.yaml]\n", "app/s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: !!int hunter2}\n"}, want: "app/s.yaml:4: this value is not a !!int"},
		"patch":          {files: map[string]string{"app/kustomization.yaml": "resources: [web.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n    - {op: remove, path: /nope}\n", "app/web.yaml": web}, want: "nope", hint: "kustomize build"},
		"old charts":     {files: map[string]string{"app/kustomization.yaml": "resources: []\nhelmChartInflationGenerator:\n- chartName: a\n"}, want: "app/kustomization.yaml:2", hint: "helmCharts"},
	} {
		fsys := fstest.MapFS{}
		for file, text := range tt.files {
			fsys[file] = &fstest.MapFile{Data: []byte(text)}
		}
		_, err := kustomize.Build(t.Context(), fsys, "app", kustomize.Options{Fresh: true})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, tt.want)
			continue
		}
		var hint interface{ UserHint() string }
		if errors.As(err, &hint) && !strings.Contains(hint.UserHint(), tt.hint) {
			t.Errorf("%s: the hint is %q, want %q in it", name, hint.UserHint(), tt.hint)
		}
		var known *kustomize.Error
		if errors.As(err, &known) && known.NeedsNetwork != tt.network {
			t.Errorf("%s: it needs the network: %t", name, known.NeedsNetwork)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: a secret shows: %v", name, err)
		}
	}
}
