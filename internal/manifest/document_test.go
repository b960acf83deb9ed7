package manifest_test

import (
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// TestAt takes mappings out of a document; they keep their lines.
func TestAt(t *testing.T) {
	docs, err := manifest.Decode("a.yaml", []byte("# a comment\nname: x\nobject:\n  kind: Pod\n  metadata:\n    name: web\nlist:\n- a: 1\n  b: 2\n- {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]struct {
		ok   bool
		line int
	}{"/object": {true, 4}, "/object/metadata": {true, 6}, "/list/0": {true, 8}, "/list/1": {true, 10}, "": {true, 2}, "/name": {}, "/list": {}, "/none": {}} {
		got, ok := docs[0].At(pointer)
		if ok != want.ok || got.Line() != want.line {
			t.Errorf("%q: %t, line %d; want %+v", pointer, ok, got.Line(), want)
		}
	}
	object, _ := docs[0].At("/object")
	if line, value, depth := object.Lookup("/metadata/name"); line != 6 || value != "web" || depth != 2 {
		t.Error(line, value, depth)
	}
}
