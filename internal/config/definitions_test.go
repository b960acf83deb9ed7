package config

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

func crd(name, plural string) string {
	return fmt.Sprintf("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: %s, annotations: {from: %s}}\n", name, plural)
}

func TestDefinitions(t *testing.T) {
	tree := fstest.MapFS{
		".penstock/crds.yaml": {Data: []byte(crd("a.example.com", "default") + "---\n" + crd("b.example.com", "default"))},
		"crds/a.yaml":         {Data: []byte(crd("a.example.com", "crds") + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: x}\n")},
		"crds/deep/c.json":    {Data: []byte(`{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "c.example.com"}}]}`)},
		"crds/README.md":      {Data: []byte("no YAML: [")},
		"prod.yaml":           {Data: []byte(crd("a.example.com", "prod"))},
		"bad.yaml":            {Data: []byte("a: 1\nb: [\n")},
	}
	tests := []struct {
		name, yaml, environment string
		files, names            string
		err                     string
	}{
		{name: "default", files: ".penstock/crds.yaml", names: "a.example.com=default b.example.com=default"},
		{name: "off", yaml: "crds: []\n"},
		{name: "directory", yaml: "crds: [crds]\n", files: "crds/a.yaml crds/deep/c.json", names: "a.example.com=crds c.example.com="},
		{name: "glob, and one file twice", yaml: "crds: ['*rod.yaml', ./prod.yaml, crds/*.yaml]\n", files: "prod.yaml crds/a.yaml", names: "a.example.com=prod"},
		{name: "of an environment first", yaml: "environments: [{name: prod, crds: [prod.yaml]}]\n", environment: "prod", files: "prod.yaml .penstock/crds.yaml", names: "a.example.com=prod b.example.com=default"},
		{name: "not of another one", yaml: "environments: [{name: prod, crds: [prod.yaml]}]\n", environment: "dev", files: ".penstock/crds.yaml", names: "a.example.com=default b.example.com=default"},
		{name: "missing", yaml: "crds:\n- prod.yaml\n- gone.yaml\n", err: ".penstock.yaml:4: gone.yaml names no file of definitions at the base"},
		{name: "missing in an environment", yaml: "environments:\n- name: prod\n  crds: [no/*.yaml]\n", environment: "prod", err: ".penstock.yaml:4: no/*.yaml names no file"},
		{name: "no YAML", yaml: "crds: [bad.yaml]\n", files: "bad.yaml", err: "bad.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parse(FileName, []byte("version: 1\n"+tt.yaml))
			if err != nil {
				t.Fatal(err)
			}
			files, err := c.DefinitionFiles(tree, tt.environment)
			if got := strings.Join(files, " "); got != tt.files {
				t.Errorf("files %q, want %q", got, tt.files)
			}
			var names []string
			if err == nil {
				set, readErr := Definitions(tree, files)
				err = readErr
				for _, o := range set.All() {
					names = append(names, o.ID().Name+"="+o.Annotations()["from"])
				}
			}
			if got := strings.Join(names, " "); got != tt.names {
				t.Errorf("definitions %q, want %q", got, tt.names)
			}
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
	for _, listed := range []string{"../crds", "/crds", "crds/**", "a[", ""} {
		if _, err := parse(FileName, []byte(fmt.Sprintf("version: 1\ncrds:\n- %q\n", listed))); err == nil || !strings.Contains(err.Error(), ".penstock.yaml:3: ") {
			t.Errorf("%q: %v", listed, err)
		}
	}
}

func TestIsDefinitionFile(t *testing.T) {
	c, err := parse(FileName, []byte("version: 1\nenvironments: [{name: prod, crds: [prod/crds, vendor/*.yaml]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{".penstock/crds.yaml": true, "prod/crds/a/b.yaml": true, "vendor/a.yaml": true, "vendor/a/b.yaml": false, "prod/crds.yaml": false, ".penstock.yaml": false} {
		if got := c.IsDefinitionFile(file); got != want {
			t.Errorf("%s: %t", file, got)
		}
	}
}
