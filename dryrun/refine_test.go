package dryrun

import (
	"reflect"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
	"sigs.k8s.io/yaml"
)

// What an object had before stands opposite of what it has now, by name in lists.
func TestParts(t *testing.T) {
	read := func(text string) map[string]any {
		var fields map[string]any
		if err := yaml.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatal(err)
		}
		return fields
	}
	for _, test := range []struct {
		name, old, now, path string
		differ               []string
		// back is the object with the last of these put back.
		back string
	}{
		{
			"moved", "ports: [{name: a, port: 1}]", "ports: [{name: b, port: 2}, {name: a, port: 3}]", "/ports/1", []string{"/ports/1/port"},
			"ports: [{name: b, port: 2}, {name: a, port: 1}]",
		},
		{
			"put before", "ports: [{name: a, port: 1}]", "ports: [{name: b, port: 2}, {name: a, port: 1}]", "/ports", []string{"/ports/0"},
			"ports: [{name: a, port: 1}]",
		},
		{
			"renamed", "ports: [{name: a, port: 1}]", "ports: [{name: b, port: 1}]", "/ports/0", []string{"/ports/0/name"},
			"ports: [{name: a, port: 1}]",
		},
		{"without names", "ports: [1, 2]", "ports: [1, 3]", "/ports", []string{"/ports/1"}, "ports: [1, 2]"},
		{"more", "ports: [1]", "ports: [1, 3]", "/ports", []string{"/ports/1"}, "ports: [1]"},
		{"a list before", "spec: [{name: a}]", "spec: {name: a}", "", []string{"/spec"}, "spec: [{name: a}]"},
		{"gone", "spec: {a: 1, b: 2}", "spec: {a: 1}", "/spec", []string{"/spec/b"}, "spec: {a: 1, b: 2}"},
	} {
		old, now := read(test.old), read(test.now)
		got := parts(now, old, test.path)
		if !reflect.DeepEqual(got, test.differ) {
			t.Errorf("%s: %v", test.name, got)
			continue
		}
		if back := without(now, old, manifest.SplitPointer(got[len(got)-1])); !reflect.DeepEqual(back, read(test.back)) {
			t.Errorf("%s: put back: %v", test.name, back)
		}
	}
}
