package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func deployment(name string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name + "\n"
}

// tree makes a file tree. A kustomization is given as its resources, and a
// manifest as the name of its Deployment; other files have their content.
func tree(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range files {
		switch {
		case strings.HasSuffix(name, "/"):
			name += "kustomization.yaml"
			content = "resources: [" + content + "]\n"
		case !strings.Contains(content, "\n") && strings.HasSuffix(name, ".yaml") && !strings.Contains(name, "values") && !strings.HasSuffix(name, "Chart.yaml"):
			content = deployment(content)
		}
		out[strings.TrimPrefix(name, "./")] = &fstest.MapFile{Data: []byte(content)}
	}
	return out
}

// listing writes environments as "name (found) kind:path,values …".
func listing(envs []Environment) string {
	var b strings.Builder
	for _, e := range envs {
		fmt.Fprintf(&b, "%s (%s)", e.Name, e.Found)
		for _, r := range e.Roots {
			fmt.Fprintf(&b, " %s", strings.Join(append([]string{string(r.Kind) + ":" + r.Path}, r.Values...), ","))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestDiscover(t *testing.T) {
	chart := "apiVersion: v2\nname: web\nversion: 1.0.0\n"
	tests := []struct {
		name      string
		files     map[string]string
		want      string
		uncovered []string
	}{
		{"nothing", map[string]string{"README.md": "x", "values.yaml": "a: b\n"}, "", nil},
		{"overlays of one application", map[string]string{
			"app/base/": "d.yaml", "app/base/d.yaml": "app",
			"app/overlays/prod/": "../../base", "app/overlays/dev/": "../../base",
		}, "dev (overlays/<env>) kustomize:app/overlays/dev\nprod (overlays/<env>) kustomize:app/overlays/prod\n", nil},
		{"overlays of two applications", map[string]string{
			"a/base/": "d.yaml", "a/base/d.yaml": "a", "a/overlays/prod/": "../../base",
			"b/base/": "d.yaml", "b/base/d.yaml": "b", "b/overlays/prod/": "../../base",
		}, "prod (overlays/<env>) kustomize:a/overlays/prod kustomize:b/overlays/prod\n", nil},
		{"alternatives are separated", map[string]string{
			"base/": "d.yaml", "base/d.yaml": "a",
			"overlays/prod/": "../../base", "examples/overlays/prod/": "../../../base",
		}, "examples/overlays/prod (overlays/<env>) kustomize:examples/overlays/prod\nprod (overlays/<env>) kustomize:overlays/prod\n", nil},
		{"a name suffix makes objects differ", map[string]string{
			"base/": "d.yaml", "base/d.yaml": "a", "x/overlays/prod/": "../../../base",
			"y/overlays/prod/kustomization.yaml": "resources: [../../../base]\nnameSuffix: -y\n",
		}, "prod (overlays/<env>) kustomize:x/overlays/prod kustomize:y/overlays/prod\n", nil},
		{"overlay on an overlay", map[string]string{
			"base/": "d.yaml", "base/d.yaml": "a", "overlays/prod/": "../../base", "overlays/prod-eu/": "../prod",
		}, "prod (overlays/<env>) kustomize:overlays/prod\nprod-eu (overlays/<env>) kustomize:overlays/prod-eu\n", nil},
		{"parts of one environment", map[string]string{
			"overlays/prod/": "web, db", "overlays/prod/web/": "d.yaml", "overlays/prod/web/d.yaml": "web",
			"overlays/prod/db/": "d.yaml", "overlays/prod/db/d.yaml": "db",
		}, "prod (overlays/<env>) kustomize:overlays/prod\n", nil},
		{"environment that only has subdirectories", map[string]string{
			"environments/prod/web/": "d.yaml", "environments/prod/web/d.yaml": "web",
			"environments/prod/db/": "d.yaml", "environments/prod/db/d.yaml": "db", "environments/base/x.yaml": "x",
		}, "default (manifests) directory:environments/base\nprod (environments/<env>) kustomize:environments/prod/db kustomize:environments/prod/web\n", nil},
		{"clusters with plain manifests and a kustomization", map[string]string{
			"clusters/prod/apps.yaml": "apps", "clusters/prod/more/infra.yaml": "infra",
			"clusters/prod/flux-system/": "gotk.yaml", "clusters/prod/flux-system/gotk.yaml": "gotk",
			"apps/prod/": "d.yaml", "apps/prod/d.yaml": "web", "infrastructure/": "d.yaml", "infrastructure/d.yaml": "i",
		}, "default (kustomization) kustomize:infrastructure\nprod (apps/<env>, clusters/<env>) kustomize:apps/prod directory:clusters/prod kustomize:clusters/prod/flux-system\n", nil},
		{"chart in an environment directory", map[string]string{
			"envs/qa/Chart.yaml": chart, "envs/qa/templates/d.yaml": "t", "envs/qa/values.yaml": "a: b\n",
		}, "qa (envs/<env>) helm:envs/qa\n", nil},
		{"customary names", map[string]string{
			"k8s/staging/d.yaml": "web", "k8s/prod2/d.yaml": "web", "production/d.yaml": "web",
		}, "prod2 (k8s/<env>) directory:k8s/prod2\nproduction (<env>) directory:production\nstaging (k8s/<env>) directory:k8s/staging\n", nil},
		{"an application called test", map[string]string{
			"apps/": "test", "apps/test/": "d.yaml", "apps/test/d.yaml": "test",
		}, "default (kustomization) kustomize:apps\n", nil},
		{"plain manifests in a directory called test", map[string]string{"test/d.yaml": "a"}, "default (manifests) directory:test\n", nil},
		{"values-<env>.yaml with common values", map[string]string{
			"charts/web/Chart.yaml": chart, "charts/web/values.yaml": "a: b\n", "charts/web/values-common.yaml": "a: b\n",
			"charts/web/values-prod.yaml": "a: b\n", "charts/web/values-dev.yaml": "a: b\n", "charts/web/values-example.yaml": "a: b\n",
			"charts/web/templates/d.yaml": "t", "charts/web/charts/sub/Chart.yaml": chart,
		}, "dev (values-<env>.yaml) helm:charts/web,charts/web/values-common.yaml,charts/web/values-dev.yaml\n" +
			"prod (values-<env>.yaml) helm:charts/web,charts/web/values-common.yaml,charts/web/values-prod.yaml\n", nil},
		{"other names of values files", map[string]string{
			"a/Chart.yaml": chart, "a/values.dev.yaml": "a: b\n",
			"b/Chart.yaml": chart, "b/values/prod.yaml": "a: b\n",
			"c/Chart.yaml": chart, "c/environments/qa/values.yaml": "a: b\n",
		}, "dev (values.<env>.yaml) helm:a,a/values.dev.yaml\nprod (values/<env>.yaml) helm:b,b/values/prod.yaml\nqa (environments/<env>/values.yaml) helm:c,c/environments/qa/values.yaml\n", nil},
		{"chart without environments", map[string]string{"chart/Chart.yaml": chart, "chart/values.yaml": "a: b\n"}, "default (chart) helm:chart\n", nil},
		{"library chart", map[string]string{"lib/Chart.yaml": chart + "type: library\n"}, "", nil},
		{"chart that a kustomization inflates", map[string]string{
			"app/kustomization.yaml": "helmCharts:\n- name: web\n", "app/charts/web/Chart.yaml": chart,
		}, "default (kustomization) kustomize:app\n", nil},
		{"bases and components are no roots", map[string]string{
			"app/": "../base", "base/": "d.yaml", "base/d.yaml": "a",
			"comp/kustomization.yaml": "kind: Component\npatches: [{path: p.yaml}]\n", "comp/p.yaml": "a",
		}, "default (kustomization) kustomize:app\n", []string{"comp/kustomization.yaml", "comp/p.yaml"}},
		{"files of a kustomization elsewhere", map[string]string{
			"app/": "../manifests/d.yaml", "manifests/d.yaml": "a", "manifests/e.yaml": "e",
		}, "default (kustomization, manifests) kustomize:app directory:manifests/e.yaml\n", nil},
		{"left-over patch and switched-off file", map[string]string{
			"app/": "d.yaml", "app/d.yaml": "a", "app/off.yaml": "b", "app/patches/p.yaml": "a", "app/other/o.yaml": "o",
		}, "default (kustomization, manifests) kustomize:app directory:app/other\n", []string{"app/off.yaml", "app/patches/p.yaml"}},
		{"cycle", map[string]string{"a/": "../b", "b/": "../a"}, "default (kustomization) kustomize:a\n", nil},
		{"kustomization that is no YAML", map[string]string{"a/kustomization.yaml": "resources: [\n\t{{ x }}\n"}, "default (kustomization) kustomize:a\n", nil},
		{"topmost directories", map[string]string{
			"k8s/a.yaml": "a", "k8s/sub/b.yaml": "b", "other/deep/c.yaml": "c", "k8s/app/": "d.yaml", "k8s/app/d.yaml": "d",
		}, "default (manifests, kustomization) directory:k8s kustomize:k8s/app directory:other/deep\n", nil},
		{"manifests in the root of the repository", map[string]string{"ns.yaml": "ns", "staging/d.yaml": "web"},
			"default (manifests) directory:ns.yaml\nstaging (<env>) directory:staging\n", nil},
		{"the same object in two directories", map[string]string{"x/a.yaml": "a", "x/one/b.yaml": "b", "x/two/b.yaml": "b"},
			"default (manifests) directory:x/a.yaml directory:x/one\nx/two (manifests) directory:x/two\n", nil},
		{"templates outside of charts", map[string]string{"t/d.yaml": "apiVersion: v1\nkind: {{ .Kind }}\nmetadata:\n  name: x\n"}, "default (manifests) directory:t\n", nil},
		{"JSON", map[string]string{"j/d.json": `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}` + "\n", "package.json": "{}"},
			"default (manifests) directory:j\n", nil},
		{"files of other tools", map[string]string{
			"skaffold.yaml": "apiVersion: skaffold/v4beta7\nkind: Config\n", "kind.yaml": "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n",
			"kubeconfig.yaml": "apiVersion: v1\nkind: Config\n", "docker-compose.yml": "services: {}\n",
			".github/workflows/d.yaml": "w", "node_modules/x/d.yaml": "n", "testdata/d.yaml": "t", "vendor/d.yaml": "v",
		}, "", nil},
		{"policies of Penstock are no manifests", map[string]string{"policies/a.rego": "package a\n", "policies/t.yaml": "t", "d.yaml": "d"},
			"default (manifests) directory:d.yaml\n", []string{"policies/t.yaml"}},
		{"policies of a cluster are manifests", map[string]string{"policies/np.yaml": "np"}, "default (manifests) directory:policies\n", nil},
		{"a file of another tool among manifests", map[string]string{"k/skaffold.yaml": "apiVersion: skaffold/v4beta7\nkind: Config\n", "k/d.yaml": "d", "k/sub/e.yaml": "e"},
			"default (manifests) directory:k/d.yaml directory:k/sub\n", nil},
		{"odd names", map[string]string{"overlays/Prod EU/": ""}, "prod-eu (overlays/<env>) kustomize:overlays/Prod EU\n", nil},
		{"CRLF and several documents", map[string]string{"m/a.yaml": "# c\r\n---\r\nfoo: bar\r\n---\r\napiVersion: v1\r\nkind: Service\r\nmetadata:\r\n  name: s\r\n"},
			"default (manifests) directory:m\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := tree(tt.files)
			envs, err := Discover(fsys)
			if err != nil {
				t.Fatal(err)
			}
			if got := listing(envs); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			uncovered, err := Uncovered(fsys, envs)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(uncovered, tt.uncovered) {
				t.Errorf("uncovered are %q, want %q", uncovered, tt.uncovered)
			}
		})
	}
}

func TestDiscoverLabelsProduction(t *testing.T) {
	for name, want := range map[string]bool{
		"prod": true, "production": true, "prod-eu": true, "eu-prod1": true, "live": true, "prd": true,
		"staging": false, "preprod": false, "pre-prod": false, "nonprod": false, "non-prod": false, "product": false, "delivery": false,
	} {
		envs, err := Discover(tree(map[string]string{"overlays/" + name + "/": ""}))
		if err != nil || len(envs) != 1 {
			t.Fatalf("%s: %v, %v", name, envs, err)
		}
		if got := envs[0].Labels["tier"] == "production"; got != want {
			t.Errorf("%s: production is %v, want %v", name, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	c, err := Load(fullTree(fullConfig), "")
	if err != nil {
		t.Fatal(err)
	}
	envs, err := c.Resolve(fullTree(fullConfig))
	if err != nil {
		t.Fatal(err)
	}
	want := "eu/prod-1 (configuration) kustomize:apps/prod helm:charts/web,charts/web/values-prod.yaml\n"
	if got := listing(envs); got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
	env := envs[0]
	if env.KubernetesVersion != "1.34" || env.Context != "prod" {
		t.Errorf("got %+v", env)
	}
	if got := fmt.Sprint(env.Severities); got != "map[image-latest:off replicas:note]" {
		t.Errorf("severities are %s", got)
	}
	if got := fmt.Sprint(env.Parameters); got != "map[required-labels:map[labels:[team] min:2 none:<nil> on:true ratio:0.5 strictly:false]]" {
		t.Errorf("parameters are %s", got)
	}
	if got := fmt.Sprint(c.Policies.Parameters); got != "map[required-labels:map[labels:[owner] strictly:false]]" {
		t.Errorf("the defaults were changed to %s", got)
	}
}

func TestResolveSettingsOfADiscoveredEnvironment(t *testing.T) {
	fsys := tree(map[string]string{
		FileName:          "version: 1\nenvironments:\n- name: prod\n  kubernetesVersion: \"1.33\"\n  labels: {region: eu}\n",
		"overlays/prod/":  "d.yaml",
		"overlays/stage/": "d.yaml", "overlays/prod/d.yaml": "a", "overlays/stage/d.yaml": "a",
	})
	c, err := Load(fsys, "")
	if err != nil {
		t.Fatal(err)
	}
	envs, err := c.Resolve(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listing(envs), "prod (overlays/<env>) kustomize:overlays/prod\nstage (overlays/<env>) kustomize:overlays/stage\n"; got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
	if got := fmt.Sprintln(envs[0].Labels, envs[0].KubernetesVersion, envs[1].KubernetesVersion); got != "map[region:eu tier:production] 1.33 1.36\n" {
		t.Errorf("got %s", got)
	}
}

func TestResolveConfiguredAndDiscovered(t *testing.T) {
	fsys := tree(map[string]string{
		FileName:         "version: 1\ndiscovery: {enabled: true, exclude: [\"old/**\"]}\nenvironments:\n- name: eu\n  roots: [{path: overlays/prod}]\n",
		"overlays/prod/": "", "overlays/dev/": "", "old/overlays/qa/": "",
	})
	c, err := Load(fsys, "")
	if err != nil {
		t.Fatal(err)
	}
	envs, err := c.Resolve(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listing(envs), "dev (overlays/<env>) kustomize:overlays/dev\neu (configuration) kustomize:overlays/prod\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestResolveFaults(t *testing.T) {
	for _, tt := range []struct{ config, want, hint string }{
		{"version: 1\nenvironments:\n- name: a\n  roots:\n  - path: nowhere\n", ".penstock.yaml:5: root \"nowhere\" is not in the repository", "correct"},
		{"version: 1\nenvironments:\n- name: a\n  roots:\n  - path: overlays/prod\n    values: [v.yaml]\n", "6: values file \"v.yaml\" is not in the repository", "correct"},
		{"version: 1\npolicies:\n  paths:\n  - nowhere\n", "4: policy directory \"nowhere\" is not in the repository", "correct"},
		{"version: 1\nenvironments:\n- name: prd\n", "3: environment \"prd\" has no roots, and discovery finds none of this name", "did you mean prod?"},
		{"version: 1\nenvironments:\n- name: elsewhere\n", "has no roots, and discovery finds none", "prod"},
		{"version: 1\nenvironments:\n- name: prod\n- name: x\n  roots: [{path: .}]\n", "3: environment \"prod\" has no roots, and discovery is off", "discovery.enabled: true"},
	} {
		fsys := tree(map[string]string{FileName: tt.config, "overlays/prod/": ""})
		c, err := Load(fsys, "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Resolve(fsys)
		var faults *Error
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(faults.UserHint(), tt.hint) {
			t.Errorf("%q gives %v", tt.config, err)
		}
	}
}

// TestResolveChange: a directory that is a root in base and a part of another
// root in head must not be rendered twice at head.
func TestResolveChange(t *testing.T) {
	base := tree(map[string]string{"web/": "d.yaml", "web/d.yaml": "web", "overlays/old/": "", "m/a.yaml": "m"})
	head := tree(map[string]string{"web/": "d.yaml", "web/d.yaml": "web", "all/": "../web", "overlays/new/": "", "m/a.yaml": "m", "m/": "a.yaml"})
	pairs, err := Default().ResolveChange(base, head)
	if err != nil {
		t.Fatal(err)
	}
	var bases, heads []Environment
	for _, p := range pairs {
		if p.Base.Name != p.Head.Name || p.Base.KubernetesVersion == "" || p.Head.KubernetesVersion == "" {
			t.Errorf("incomplete pair %+v", p)
		}
		bases, heads = append(bases, p.Base), append(heads, p.Head)
	}
	if got, want := listing(bases), "default (manifests, kustomization) directory:m kustomize:web\nnew (overlays/<env>)\nold (overlays/<env>) kustomize:overlays/old\n"; got != want {
		t.Errorf("base is\n%swant\n%s", got, want)
	}
	if got, want := listing(heads), "default (kustomization) kustomize:all kustomize:m\nnew (overlays/<env>) kustomize:overlays/new\nold (overlays/<env>)\n"; got != want {
		t.Errorf("head is\n%swant\n%s", got, want)
	}
	union, err := Default().Resolve(head, base)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listing(union), "default (kustomization) kustomize:all kustomize:m kustomize:web\nnew (overlays/<env>) kustomize:overlays/new\nold (overlays/<env>) kustomize:overlays/old\n"; got != want {
		t.Errorf("union is\n%swant\n%s", got, want)
	}
}

// BenchmarkDiscover20000 works on files on disk: a MapFS takes time of its own
// for each directory.
func BenchmarkDiscover20000(b *testing.B) {
	files := map[string]string{}
	for i := range 4000 {
		dir := fmt.Sprintf("apps/app%04d", i)
		files[dir+"/base/"] = "d.yaml, s.yaml"
		files[dir+"/base/d.yaml"] = fmt.Sprintf("d%d", i)
		files[dir+"/base/s.yaml"] = fmt.Sprintf("s%d", i)
		files[dir+"/overlays/prod/"] = "../../base"
		files[dir+"/overlays/dev/"] = "../../base"
	}
	dir := b.TempDir()
	for name, file := range tree(files) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, file.Data, 0o644)); err != nil {
			b.Fatal(err)
		}
	}
	fsys := os.DirFS(dir)
	b.ReportAllocs()
	for b.Loop() {
		envs, err := Discover(fsys)
		if err != nil || len(envs) != 2 {
			b.Fatal(len(envs), err)
		}
	}
}
