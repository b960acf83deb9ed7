package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const fluxKustomization = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {path: ./apps/prod, force: true, prune: false}
`

const application = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: apps, namespace: argocd}
spec:
  source: {path: apps/prod}
  syncPolicy: {syncOptions: [CreateNamespace=true, ServerSideApply=true]}
`

const applicationSet = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argocd}
spec:
  template:
    spec:
      sources: [{path: '{{path}}'}]
      syncPolicy: {syncOptions: [Replace=true]}
`

const helmRelease = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: apps}
spec: {}
`

// Who applies an environment is said by the configuration, else by the object of
// a controller that names its root, else by the only controller that is there.
func TestAppliedBy(t *testing.T) {
	const manifests = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
	plain := map[string]string{"apps/prod/a.yaml": manifests}
	chart := map[string]string{"apps/prod/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"}
	for name, test := range map[string]struct {
		files map[string]string
		setup string
		want  string
	}{
		"nobody":                  {plain, "", " []"},
		"chart":                   {chart, "", "helm its roots, which are charts []"},
		"Kustomization":           {with(plain, fluxKustomization), "", "flux clusters/a.yaml [Force=true Prune=false]"},
		"Application":             {with(plain, application), "", "argocd clusters/a.yaml [ServerSideApply=true]"},
		"both, one names it":      {with(plain, application+"---\n"+helmRelease), "", "argocd clusters/a.yaml [ServerSideApply=true]"},
		"both, none names it":     {with(plain, applicationSet+"---\n"+helmRelease), "", " []"},
		"Argo CD is there":        {with(plain, applicationSet), "", "argocd clusters/a.yaml [Replace=true]"},
		"Argo CD, other options":  {with(plain, applicationSet+"---\n"+strings.ReplaceAll(application, "apps/prod", "other")), "", " []"},
		"Argo CD, alike":          {with(plain, strings.ReplaceAll(application+"---\n"+strings.ReplaceAll(application, "CreateNamespace", "Force"), "apps/prod", "other")), "", "argocd clusters/a.yaml [ServerSideApply=true]"},
		"Flux is there":           {with(chart, helmRelease), "", "flux clusters/a.yaml []"},
		"another path":            {with(plain, strings.ReplaceAll(fluxKustomization, "apps/prod", "apps/pro")), "", "flux clusters/a.yaml [Force=true Prune=false]"},
		"a directory above":       {with(plain, strings.ReplaceAll(fluxKustomization, "./apps/prod", "/apps")), "", "flux clusters/a.yaml [Force=true Prune=false]"},
		"no YAML":                 {with(plain, fluxKustomization+"  ]"), "", " []"},
		"the configuration":       {with(plain, fluxKustomization), "\n  appliedBy: argocd\n  applyOptions: [Replace=true]", "argocd configuration [Replace=true]"},
		"the configuration alone": {with(plain, fluxKustomization), "\n  appliedBy: flux", "flux configuration []"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := parse(FileName, []byte("version: 1\nenvironments:\n- name: prod\n  roots: [{path: apps/prod}]"+test.setup+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			tree := fstest.MapFS{}
			for p, text := range test.files {
				tree[p] = &fstest.MapFile{Data: []byte(text)}
			}
			envs, err := c.Resolve(tree)
			if err != nil || len(envs) != 1 {
				t.Fatalf("%d environments: %v", len(envs), err)
			}
			e := envs[0]
			got := strings.TrimLeft(fmt.Sprintf("%s %s %v", e.AppliedBy, e.AppliedWhy, slices.Clip(e.ApplyOptions)), " ")
			if got != strings.TrimLeft(test.want, " ") {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func with(files map[string]string, controller string) map[string]string {
	out := map[string]string{"clusters/a.yaml": controller}
	for p, text := range files {
		out[p] = text
	}
	return out
}

// Somebody or an option that is not known is an error, with its line.
func TestAppliedByNobodyKnown(t *testing.T) {
	for setup, want := range map[string]string{
		"appliedBy: argo": `4: `,
		"appliedBy: flux\n  applyOptions: [Replace=true]":        `5: flux has no option "Replace=true"`,
		"appliedBy: helm3\n  applyOptions: [Force=true]":         `5: helm3 has no options here`,
		"applyOptions: [Force=true]":                             `4: whose option "Force=true" is, is not said`,
		"appliedBy: argocd\n  applyOptions: [ServerSideApply=1]": `5: argocd has no option "ServerSideApply=1"`,
	} {
		_, err := parse(FileName, []byte("version: 1\nenvironments:\n- name: prod\n  "+setup+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", setup, err, want)
		}
	}
}

// A change cannot say who applies what is there already.
func TestAppliedByIsOfBase(t *testing.T) {
	files := func(controller string) fstest.MapFS {
		return fstest.MapFS{
			"envs/prod/a.yaml":  {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")},
			"clusters/all.yaml": {Data: []byte(controller)},
		}
	}
	head := files(application)
	head["envs/dev/a.yaml"] = head["envs/prod/a.yaml"]
	pairs, err := Default().ResolveChange(files(helmRelease), head)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range pairs {
		got[p.Name()] = p.Settings().AppliedBy + p.Base.AppliedBy + p.Head.AppliedBy
	}
	if got["prod"] != "fluxfluxflux" || got["dev"] != "argocdargocdargocd" {
		t.Errorf("got %v", got)
	}
}
