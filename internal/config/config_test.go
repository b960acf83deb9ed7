package config

import (
	"errors"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite docs/config.schema.json")

const fullConfig = `# A configuration that uses every key.
version: 1
kubernetesVersion: "1.35"
discovery:
  enabled: false
  exclude: ["examples/**", docs]
environments:
  - name: eu/prod-1
    roots:
      - path: ./apps/prod/
      - path: charts/web
        kind: helm
        values: [charts/web/values-prod.yaml]
        release: web
        namespace: web
    kubernetesVersion: "1.34"
    apiVersions: [monitoring.coreos.com/v1, example.com/v1/Widget]
    labels: {tier: production}
    parameters:
      required-labels: {labels: [team], min: 2, ratio: 0.5, on: true, none: null}
    severities: {image-latest: off}
    context: prod
    drift: true
policies:
  paths: [rules]
  builtin: false
  severities: {image-latest: error, replicas: note}
  parameters:
    required-labels: {labels: [owner], strictly: false}
dryRun:
  mode: cluster
  kubeconfig: ~/.kube/config
strict: true
gate: all
`

func fullTree(config string) fstest.MapFS {
	return fstest.MapFS{
		FileName:                        {Data: []byte(config)},
		"rules/a.rego":                  {Data: []byte("package a\n")},
		"apps/prod/kustomization.yaml":  {Data: []byte("resources: []\n")},
		"charts/web/Chart.yaml":         {Data: []byte("apiVersion: v2\nname: web\nversion: 1.0.0\n")},
		"charts/web/values-prod.yaml":   {Data: []byte("a: b\n")},
		"apps/base/deployment.yaml":     {Data: []byte(deployment("web"))},
		"apps/staging/deployment.yaml":  {Data: []byte(deployment("web"))},
		"apps/staging/kustomization.md": {Data: []byte("not a kustomization\n")},
	}
}

func TestLoadReadsEveryKey(t *testing.T) {
	c, err := Load(fullTree(fullConfig), "")
	if err != nil {
		t.Fatal(err)
	}
	off := false
	want := &Config{
		Version: 1, KubernetesVersion: "1.35", Strict: true, Gate: "all", Found: true, File: FileName,
		Discovery: Discovery{Enabled: &off, Exclude: []string{"examples/**", "docs"}},
		Policies: Policies{
			Paths: []string{"rules"}, Builtin: false,
			Severities: map[string]string{"image-latest": "error", "replicas": "note"},
			Parameters: map[string]map[string]any{"required-labels": {"labels": []any{"owner"}, "strictly": false}},
		},
		DryRun: DryRun{Mode: "cluster", Kubeconfig: "~/.kube/config"},
		Environments: []EnvironmentSpec{{
			Name: "eu/prod-1",
			Roots: []RootSpec{
				{Path: "apps/prod"},
				{Path: "charts/web", Kind: Helm, Values: []string{"charts/web/values-prod.yaml"}, Release: "web", Namespace: "web"},
			},
			KubernetesVersion: "1.34",
			APIVersions:       []string{"monitoring.coreos.com/v1", "example.com/v1/Widget"},
			Labels:            map[string]string{"tier": "production"},
			Parameters: map[string]map[string]any{"required-labels": {
				"labels": []any{"team"}, "min": int64(2), "ratio": 0.5, "on": true, "none": nil}},
			Severities: map[string]string{"image-latest": "off"},
			Context:    "prod",
			Drift:      true,
		}},
	}
	c.lines = nil
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	c, err := Load(fstest.MapFS{"policies/lib/a.rego": {}}, "")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Policies.Paths = []string{"policies"}
	if !reflect.DeepEqual(c, want) || c.Found {
		t.Errorf("got %+v, want %+v", c, want)
	}
	for _, tree := range []fstest.MapFS{{}, {"policies/README.md": {}}} {
		if c, err := Load(tree, FileName); err != nil || c.Policies.Paths != nil {
			t.Errorf("Load(%v) = %+v, %v; want no policy path", tree, c, err)
		}
	}
}

func TestLoadFaults(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       string // what the error must contain
		hint       string // what the hint must contain
	}{
		{"unknown key", "version: 1\nenviroments: []\n", ".penstock.yaml:2: unknown key `enviroments`, did you mean `environments`?", "`environments`"},
		{"shortened key", "version: 1\nenv: []\n", "2: unknown key `env`, did you mean `environments`?", ""},
		{"far-off key", "version: 1\nzebra: 1\n", "2: unknown key `zebra`", "the keys here are version, kubernetesVersion"},
		{"nested unknown key", "version: 1\nenvironments:\n- name: a\n  roots:\n  - pth: x\n", "5: unknown key `pth` in environments[0].roots[0], did you mean `path`?", ""},
		{"duplicate key", "version: 1\nstrict: true\nstrict: false\n", "3: key `strict` is given twice, first in line 2", "keep one"},
		{"duplicate in a map", "version: 1\npolicies:\n  severities:\n    a: error\n    a: note\n", "5: key `a` is given twice, first in line 4", ""},
		{"no version", "strict: true\n", "the version of the configuration is missing", "`version: 1`"},
		{"empty file", "", "the version of the configuration is missing", "`version: 1`"},
		{"comments only", "# nothing\n", "the version of the configuration is missing", "`version: 1`"},
		{"newer version", "\nversion: 2\n", ".penstock.yaml:2: unsupported version 2: this Penstock knows version 1", "`version: 1`"},
		{"version is a string", "version: \"1\"\n", "1: version must be a whole number without quotes, not the string \"1\"", ""},
		{"version is a float", "version: 1.5\n", "1: version must be a whole number", ""},
		{"list for a mapping", "version: 1\npolicies: [a]\n", "2: policies must be a mapping, not a list", ""},
		{"mapping for a list", "version: 1\nenvironments:\n  prod: {}\n", "3: environments must be a list, not a mapping", "dash"},
		{"a list as document", "- version: 1\n", "1: the configuration must be a mapping, not a list", ""},
		{"string for a boolean", "version: 1\nstrict: \"true\"\n", "2: strict must be true or false, not the string \"true\"", "write true or false"},
		{"YAML 1.1 boolean", "version: 1\nstrict: yes\n", "2: strict must be true or false", ""},
		{"number for a string", "version: 1\nenvironments:\n- name: 7\n", "3: environments[0].name must be a string, not the number 7", `quote it: "7"`},
		{"null for a string", "version: 1\nenvironments:\n- name:\n", "3: environments[0].name must be a string, not nothing", ""},
		{"two documents", "version: 1\n---\nversion: 1\n", "a configuration is one document", ""},
		{"no YAML", "version: [1\n", ".penstock.yaml:", ""},
		{"merge key", "version: 1\npolicies:\n  severities: &a {x: error}\n<<: *a\n", "4: keys must be plain strings", ""},
		{"unquoted version", "version: 1\nkubernetesVersion: 1.30\n", "2: kubernetesVersion must be a string, not the number 1.30", `quote it: "1.30"`},
		{"unquoted version of an environment", "version: 1\nenvironments:\n- name: a\n  kubernetesVersion: 1.35\n", "4: environments[0].kubernetesVersion must be a string", `quote it: "1.35"`},
		{"patch version", "version: 1\nkubernetesVersion: v1.35.2\n", "2: kubernetesVersion is \"v1.35.2\", which is not a minor version", `"1.35"`},
		{"old version", "version: 1\nkubernetesVersion: \"1.29\"\n", "2: kubernetesVersion is \"1.29\"; Kubernetes is known from 1.30 on", `"1.30"`},
		{"version with a zero", "version: 1\nkubernetesVersion: \"1.036\"\n", "not a minor version of Kubernetes", `"1.36"`},
		{"version of a vendor", "version: 1\nkubernetesVersion: 1.31.4-gke.100\n", "2: kubernetesVersion is \"1.31.4-gke.100\", which is not a minor version", `"1.31"`},
		{"nonsense version", "version: 1\nkubernetesVersion: latest\n", "not a minor version of Kubernetes", `"1.36"`},
		{"severity", "version: 1\npolicies:\n  severities:\n    a: eror\n", "4: policies.severities.a is \"eror\"; it must be one of error, warning, note, off", "did you mean error?"},
		{"severity of an environment", "version: 1\nenvironments:\n- name: a\n  severities: {x: fatal}\n", "4: environments[0].severities.x is \"fatal\"", "write one of"},
		{"gate", "version: 1\ngate: old\n", "2: gate is \"old\"; it must be one of new, all", ""},
		{"mode", "version: 1\ndryRun: {mode: on}\n", "2: dryRun.mode is \"on\"; it must be one of off, embedded, cluster", ""},
		{"kubeconfig without context", "version: 1\nenvironments:\n- name: a\n  kubeconfig: x\n", "4: environments[0].kubeconfig has no effect without a context", "add `context: …`"},
		{"drift without context", "version: 1\nenvironments:\n- name: a\n  drift: true\n", "4: environments[0].drift compares a cluster with base, and no context names one", "add `context: …`, or remove drift"},
		{"kubeconfig without cluster", "version: 1\ndryRun:\n  kubeconfig: x\n", "3: dryRun.kubeconfig has no effect in mode \"embedded\"", "dryRun.mode: cluster"},
		{"root kind", "version: 1\nenvironments:\n- name: a\n  roots:\n  - path: x\n    kind: kustomise\n", "6: environments[0].roots[0].kind is \"kustomise\"", "did you mean kustomize?"},
		{"values without chart", "version: 1\nenvironments:\n- name: a\n  roots:\n  - path: x\n    kind: directory\n    values: [y]\n", "5: values, release and namespace are for charts", "kind: helm"},
		{"no name", "version: 1\nenvironments:\n- roots: [{path: .}]\n", "3: environments[0] has no name", "name"},
		{"empty name", "version: 1\nenvironments:\n- name: \"\"\n", "3: environments[0] has no name", ""},
		{"bad name", "version: 1\nenvironments:\n- name: Prod EU\n", "3: \"Prod EU\" cannot be the name", "lower-case"},
		{"bundle of nothing", "version: 1\npolicies:\n  bundles: [{}]\n", "3: policies.bundles[0] names 0 places", "one of file, url and oci"},
		{"bundle of two places", "version: 1\npolicies:\n  bundles: [{file: a, oci: b/c}]\n", "3: policies.bundles[0] names 2 places", "one of"},
		{"bundle without digest", "version: 1\npolicies:\n  bundles:\n  - oci: ghcr.io/a/b\n", "4: policies.bundles[0] has no digest", "penstock policy pull"},
		{"bundle with half a digest", "version: 1\npolicies:\n  bundles:\n  - oci: ghcr.io/a/b\n    digest: sha256:12\n", "5: \"sha256:12\" is not a digest", "64"},
		{"bundle with a tag", "version: 1\npolicies:\n  bundles: [{oci: 'ghcr.io/a/b:v1'}]\n", "\"ghcr.io/a/b:v1\" is not the repository", "digest"},
		{"bundle over HTTP", "version: 1\npolicies:\n  bundles: [{url: 'http://example.com/b'}]\n", "is not an address that can be fetched", "https://"},
		{"bundle with a password", "version: 1\npolicies:\n  bundles: [{url: 'https://me:pw@example.com/b'}]\n", "is not an address that can be fetched", "OCI"},
		{"bundle outside", "version: 1\npolicies:\n  bundles: [{file: ../b}]\n", "does not lie in the repository", ""},
		{"bundle with a scope alone", "version: 1\npolicies:\n  bundles: [{file: b, scope: prod}]\n", "no key to verify with", "key"},
		{"bundle with an unknown key", "version: 1\npolicies:\n  bundles: [{file: b, sha: x}]\n", "unknown key `sha` in policies.bundles[0]", ""},
		{"same name", "version: 1\nenvironments:\n- name: a\n- name: b\n- name: a\n", "5: environment \"a\" is configured twice, first in line 3", "rename"},
		{"no path", "version: 1\nenvironments:\n- name: a\n  roots: [{kind: helm}]\n", "4: environments[0].roots[0] has no path", "path"},
		{"path above the repository", "version: 1\nenvironments:\n- name: a\n  roots: [{path: ../other}]\n", "4: \"../other\" does not lie in the repository", "relative"},
		{"path that climbs", "version: 1\nenvironments:\n- name: a\n  roots: [{path: a/../../b}]\n", "does not lie in the repository", ""},
		{"absolute path", "version: 1\nenvironments:\n- name: a\n  roots: [{path: /etc}]\n", "does not lie in the repository", ""},
		{"Windows path", "version: 1\nenvironments:\n- name: a\n  roots: [{path: 'a\\b'}]\n", "does not lie in the repository", "forward slashes"},
		{"values above the repository", "version: 1\nenvironments:\n- name: a\n  roots: [{path: ., values: [../v.yaml]}]\n", "4: \"../v.yaml\" does not lie", ""},
		{"root given twice", "version: 1\nenvironments:\n- name: a\n  roots: [{path: x}, {path: ./x}]\n", "4: root \"x\" is given twice", ""},
		{"API version", "version: 1\nenvironments:\n- name: a\n  apiVersions: [\"a b\"]\n", "4: \"a b\" is not an API version", ""},
		{"policies above the repository", "version: 1\npolicies: {paths: [../p]}\n", "2: \"../p\" does not lie in the repository", ""},
		{"bad glob", "version: 1\ndiscovery: {exclude: ['[']}\n", "2: \"[\" is not a glob", "relative glob"},
		{"not a JSON number", "version: 1\npolicies: {parameters: {a: {x: .inf}}}\n", "2: policies.parameters.a.x must be a number that JSON can express", ""},
		{"label of a wrong type", "version: 1\nenvironments:\n- name: a\n  labels: {pci: true}\n", "4: environments[0].labels.pci must be a string, not the boolean true", `quote it: "true"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{FileName: {Data: []byte(tt.yaml)}}, "")
			var faults *Error
			if !errors.As(err, &faults) {
				t.Fatalf("error is %v (%T), want a *Error", err, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is\n%v\nwant\n%s", err, tt.want)
			}
			if !strings.Contains(faults.UserHint(), tt.hint) {
				t.Errorf("hint is %q, want %q", faults.UserHint(), tt.hint)
			}
		})
	}
}

func TestLoadReportsAllFaultsByLine(t *testing.T) {
	_, err := Load(fstest.MapFS{FileName: {Data: []byte("gate: never\nversion: 1\nstrikt: true\nkubernetesVersion: 1.35\n")}}, "")
	var faults *Error
	if !errors.As(err, &faults) || len(faults.Faults) != 3 {
		t.Fatalf("got %v, want three faults", err)
	}
	for i, line := range []int{1, 3, 4} {
		if faults.Faults[i].Line != line {
			t.Errorf("fault %d is in line %d, want %d", i, faults.Faults[i].Line, line)
		}
	}
	if hint := faults.UserHint(); !strings.Contains(hint, "line 3: replace it by `strict`") {
		t.Errorf("hint is %q", hint)
	}
}

func TestLoadRefusesAMissingOrMisnamedFile(t *testing.T) {
	if _, err := Load(fstest.MapFS{}, "conf/penstock.yaml"); err == nil || !strings.Contains(err.Error(), "no such configuration file") {
		t.Errorf("a missing file that was asked for gives %v", err)
	}
	_, err := Load(fstest.MapFS{".penstock.yml": {Data: []byte("version: 1\n")}}, "")
	var faults *Error
	if !errors.As(err, &faults) || faults.UserHint() != "git mv .penstock.yml .penstock.yaml" {
		t.Errorf("a misnamed file gives %v", err)
	}
}

func TestLoadBoundsAliases(t *testing.T) {
	bomb := "version: 1\npolicies:\n  parameters:\n    r:\n      a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		prev := string(c - 1)
		bomb += "      " + string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+prev+",", 10), ",") + "]\n"
	}
	_, err := Load(fstest.MapFS{FileName: {Data: []byte(bomb)}}, "")
	if err == nil || !strings.Contains(err.Error(), "too large or too deeply nested") {
		t.Errorf("got %v", err)
	}
	deep := "version: 1\npolicies: {parameters: {r: {a: " + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "}}}\n"
	if _, err := Load(fstest.MapFS{FileName: {Data: []byte(deep)}}, ""); err == nil {
		t.Error("500 nested lists are accepted")
	}
	self := "version: 1\npolicies: {parameters: {r: {a: &a [*a]}}}\n"
	if _, err := Load(fstest.MapFS{FileName: {Data: []byte(self)}}, ""); err == nil {
		t.Error("a list that contains itself is accepted")
	}
}

const schemaFile = "../../docs/config.schema.json"

func TestPublishedSchema(t *testing.T) {
	got, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("docs/config.schema.json is out of date: go test ./internal/config -update")
	}
	for _, text := range []string{"Which findings block", "Path of the directory", "Where the rendering starts"} {
		if !strings.Contains(string(got), text) {
			t.Errorf("the schema lacks the description %q", text)
		}
	}
}

// TestSchemaAgreesWithLoad holds the schema against the decoder: what one
// accepts or refuses, the other does as well, as far as a schema can tell.
func TestSchemaAgreesWithLoad(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validator.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource(SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		yaml string
		ok   bool
	}{
		{fullConfig, true},
		{"version: 1\n", true},
		{"strict: true\n", false},
		{"version: 1\nstrikt: true\n", false},
		{"version: 1\nkubernetesVersion: 1.30\n", false},
		{"version: 1\ngate: old\n", false},
		{"version: 1\npolicies: {severities: {a: bad}}\n", false},
		{"version: 1\npolicies: {parameters: {a: {b: [1, {c: d}]}}}\n", true},
		{"version: 1\nenvironments: [{name: A}]\n", false},
		{"version: 1\nenvironments: [{roots: []}]\n", false},
		{"version: 1\nenvironments: [{name: a, roots: [{kind: helm}]}]\n", false},
	}
	for _, tt := range tests {
		var value any
		if err := yaml.Unmarshal([]byte(tt.yaml), &value); err != nil {
			t.Fatal(err)
		}
		schemaErr := schema.Validate(value)
		_, loadErr := parse(FileName, []byte(tt.yaml))
		if (schemaErr == nil) != tt.ok || (loadErr == nil) != tt.ok {
			t.Errorf("%q: schema says %v, Load says %v, want ok = %v", tt.yaml, schemaErr, loadErr, tt.ok)
		}
	}
}

// FuzzLoad: no input panics; what is accepted resolves or is refused with
// faults, and never has an environment without a Kubernetes version.
func FuzzLoad(f *testing.F) {
	f.Add(fullConfig)
	f.Add("version: 1\n")
	f.Add("version: 1\nenvironments:\n- name: a\n  roots: [{path: apps/prod}]\n")
	f.Add("a: &a [*a]\n")
	f.Add("version: 1\n? [a]\n: b\n")
	f.Add("\xef\xbb\xbfversion: 1\r\n---\r\n")
	f.Add("version: !!str 1\nstrict: !!bool yes\n")
	f.Fuzz(func(t *testing.T, text string) {
		tree := fullTree(text)
		c, err := Load(tree, "")
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without text")
			}
			return
		}
		envs, err := c.Resolve(tree)
		if err != nil {
			return
		}
		for _, e := range envs {
			if e.KubernetesVersion == "" || e.Name == "" || len(e.Roots) == 0 || e.Found == "" {
				t.Errorf("incomplete environment %+v", e)
			}
		}
	})
}
