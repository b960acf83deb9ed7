package dryrun

import (
	"testing"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"sigs.k8s.io/yaml"
)

// Quantities that are written otherwise and mean the same restart what their
// controller compares as it is written.
func TestRestarts(t *testing.T) {
	read := func(kind, container string) map[string]any {
		var fields map[string]any
		text := "{apiVersion: apps/v1, kind: " + kind + ", metadata: {name: a}, spec: {replicas: 1, template: {spec: {containers: [" + container + "]}}}}"
		if err := yaml.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatal(err)
		}
		fields["spec"].(map[string]any)["replicas"] = int64(1)
		return fields
	}
	for _, test := range []struct {
		name, was, is                      string
		deployment, statefulSet, daemonSet bool
	}{
		{"memory", "{name: a, resources: {limits: {memory: 2Gi}}}", "{name: a, resources: {limits: {memory: '2147483648'}}}", false, true, true},
		{"memory as a number", "{name: a, resources: {limits: {memory: 2Gi}}}", "{name: a, resources: {limits: {memory: 2147483648}}}", false, true, true},
		{"another amount", "{name: a, resources: {limits: {memory: 2Gi}}}", "{name: a, resources: {limits: {memory: 2G}}}", true, true, true},
		{"none", "{name: a, env: []}", "{name: a}", false, true, true},
		{"another image", "{name: a, image: b}", "{name: a, image: c}", true, true, true},
		{"the same", "{name: a, image: b}", "{name: a, image: b}", false, false, false},
		{"a field of a later version", "{name: a, later: 1}", "{name: a, later: 2}", true, true, true},
		{"what no template can be", "{name: a, image: 1}", "{name: a, image: 2}", true, true, true},
	} {
		for kind, want := range map[string]bool{"Deployment": test.deployment, "StatefulSet": test.statefulSet, "DaemonSet": test.daemonSet} {
			was, is := read(kind, test.was), read(kind, test.is)
			o, err := manifest.NewObject(manifest.Document{Fields: is})
			if err != nil {
				t.Fatal(err)
			}
			if got := restarts(&trial{Delta: diff.Delta{Operation: diff.Update, Object: o, OldObject: o}}, was, is); got != want {
				t.Errorf("%s of a %s: %t", test.name, kind, got)
			}
		}
	}
}
