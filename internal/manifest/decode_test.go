package manifest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/manifest"
	k8sjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

func TestDecodeSeparators(t *testing.T) {
	const a, b = "apiVersion: v1\nkind: A\nmetadata: {name: a}\n", "apiVersion: v1\nkind: B\nmetadata: {name: b}\n"
	for name, text := range map[string]string{
		"plain":               a + "---\n" + b,
		"space after":         a + "--- \n" + b,
		"tab after":           a + "---\t\n" + b,
		"comment after":       a + "--- # next\n" + b,
		"CRLF":                strings.ReplaceAll(a+"---\n"+b, "\n", "\r\n"),
		"byte order mark":     "\ufeff" + a + "---\n" + b,
		"end marker":          a + "...\n---\n" + b,
		"leading separators":  "---\n---\n" + a + "---\n" + b,
		"trailing separators": a + "---\n" + b + "---\n---\n",
		"comments only":       "# nothing\n---\n" + a + "---\n# nothing\n---\n" + b,
		"in a block scalar":   strings.Replace(a, "kind: A\n", "kind: A\ndata:\n  x: |\n    one\n    ---\n    two\n", 1) + "---\n" + b,
	} {
		docs, err := manifest.Decode("f.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(docs) != 2 || docs[0].Fields["kind"] != "A" || docs[1].Fields["kind"] != "B" {
			t.Errorf("%s: got %d documents: %v", name, len(docs), docs)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	bomb := "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
	for c := 'b'; c < 'h'; c++ {
		p := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [*" + strings.Repeat(p+",*", 9) + p + "]\n"
	}
	for _, tt := range []struct{ name, text, want string }{
		{"duplicate key", "a: 1\nb: 2\na: 3\n", `f.yaml:3: the key "a" is there twice`},
		{"duplicate key in the second document", "a: 1\n---\nb: 1\nb: 2\n", "f.yaml:4: "},
		{"list", "- a\n", "f.yaml:1: this document is a list"},
		{"string", "hello\n", "f.yaml:1: this document is a string"},
		{"syntax", "a: [1\nb: 2\n", "f.yaml:"},
		{"alias to itself", "a: &a\n  b: *a\n", "contains itself"},
		{"too many aliases", bomb, "stand for more than"},
		{"not a number", "a: .nan\n", "has no JSON form"},
		{"list as a key", "? [a]\n: 1\n", "a key must be a string"},
	} {
		_, err := manifest.Decode("f.yaml", []byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q in it", tt.name, err, tt.want)
		}
		var syntax *manifest.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: got a %T, want a *SyntaxError", tt.name, err)
		}
	}
}

const nested = `# a comment
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: web
    namespace: shop
  spec:
    template:
      spec:
        containers:
        - name: sidecar
          image: side:1
        - name: web
          image: web:2
- apiVersion: v1
  kind: ConfigMapList
  items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: inner}
`

func TestReadExpandsListsAndLocates(t *testing.T) {
	objects, err := manifest.Read("list.yaml", []byte(nested))
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 2 {
		t.Fatalf("got %d objects, want 2", len(objects))
	}
	web := objects[0]
	if got, want := web.ID(), (manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	for pointer, line := range map[string]int{
		"":                                       5,
		"/metadata/name":                         8,
		"/spec/template/spec/containers/1/image": 17,
		"/spec/template/spec/containers/1/resources": 16, // missing: its container
		"/spec/replicas": 10, // missing: its parent
	} {
		if got := web.Locate(pointer); got != (manifest.Position{File: "list.yaml", Line: line}) {
			t.Errorf("Locate(%q) = %v, want line %d", pointer, got, line)
		}
	}
	if got := objects[1].Origin().Line; got != 21 {
		t.Errorf("the inner ConfigMap is at line %d, want 21", got)
	}
}

func TestLocatePrefersThePatchThatGaveTheValue(t *testing.T) {
	base := decodeOne(t, "base.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template: {spec: {containers: [{name: a, image: a:1}, {name: b, image: b:1}]}}\n")
	patch := decodeOne(t, "patch.yaml", "kind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: b\n        image: b:2\n")
	head, err := manifest.FromJSON("base.yaml", []byte(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:2"}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	head = head.WithOrigin(manifest.Origin{}, base, patch)
	for pointer, want := range map[string]manifest.Position{
		"/spec/template/spec/containers/1/image": {File: "patch.yaml", Line: 8},
		"/spec/template/spec/containers/0/image": {File: "base.yaml", Line: 6},
		"/spec/replicas":                         {File: "base.yaml", Line: 5},
	} {
		if got := head.Locate(pointer); got != want {
			t.Errorf("Locate(%s) = %v, want %v", pointer, got, want)
		}
	}
}

func decodeOne(t *testing.T, file, text string) manifest.Document {
	t.Helper()
	docs, err := manifest.Decode(file, []byte(text))
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	return docs[0]
}

func TestSetRefusesDuplicates(t *testing.T) {
	objects, err := manifest.Read("f.yaml", []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\napiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: a}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = manifest.NewSet(objects...)
	if err == nil || err.Error() != "Deployment.apps a is defined twice: f.yaml:1 and f.yaml:5" {
		t.Errorf("got %v", err)
	}
}

func TestReadRefusesWhatIsNoObject(t *testing.T) {
	for text, want := range map[string]string{
		"kind: A\nmetadata: {name: a}\n":                       "f.yaml:1: not a Kubernetes object",
		"apiVersion: v1\nkind: A\n":                            "f.yaml:1: A has no metadata.name",
		"apiVersion: v1\nkind: A\nmetadata: {name: 1}\n":       "f.yaml:1: A has no metadata.name",
		"apiVersion: v1\nkind: AList\nitems:\n- 1\n":           "f.yaml:4: items[0] is not an object",
		"apiVersion: v1\nkind: AList\nitems:\n- {kind: Foo}\n": "f.yaml:4: not a Kubernetes object",
	} {
		if _, err := manifest.Read("f.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", text, err, want)
		}
	}
}

// The YAML library counts the lines of some faults from 0, and tells none for
// others.
func TestDecodePlacesFaults(t *testing.T) {
	for text, want := range map[string]string{
		"a: b: c\n":                           "f.yaml:1: mapping values",
		"x: 1\na: b: c\n":                     "f.yaml:2: mapping values",
		"x: 1\ny: 2\n  z: 3\n":                "f.yaml:3: mapping values",
		"x: 1\ny:\n  - a\n b: 2\n":            "f.yaml:4: did not find expected key",
		"x: 1\ny: [1,\nz: 2\n":                "f.yaml:2: did not find expected ',' or ']'",
		"x: 1\ny: {\n":                        "f.yaml:2: did not find expected node content",
		"x: 1\n- a\n":                         "f.yaml:2: did not find expected key",
		"x: 1\ny: \"abc\nz: 1\n":              "f.yaml:2: found unexpected end of stream",
		"x: 1\ny: \x01\n":                     "f.yaml:2: control characters",
		"x: 1\ny: \xff\n":                     "f.yaml:2: invalid leading UTF-8",
		"x: 1\ny: *nope\n":                    "f.yaml:2: unknown anchor",
		"x: 1\n\ty: 2\n":                      "f.yaml:2: found a tab",
		"a: |\n  x\n y\nb: 1\n":               "f.yaml:3: did not find expected key",
		"a: 1\n---\nb: 1\n  c: 2\n":           "f.yaml:4: mapping values",
		"\xef\xbb\xbfa: 1\r\nb: c: d\r\n":     "f.yaml:2: mapping values",
		"a: 1\nb: !!int hunter2\n":            "f.yaml:2: this value is not a !!int",
		"a: 1\n---\n- b\n---\nc: 1\n---\n2\n": "f.yaml:3: this document is a list",
	} {
		if _, err := manifest.Decode("f.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// A document of a few hundred bytes must not cost more than the bound says,
// also where what an alias stands for is not part of the result.
func TestDecodeBoundsAliases(t *testing.T) {
	list := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	merge := "a: &a {x: 1}\n"
	for c := 'b'; c <= 'z'; c++ {
		list += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
		merge += fmt.Sprintf("%c: &%c {<<: [%s]}\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
	}
	wide := "base: &w {<<: [" + strings.TrimSuffix(strings.Repeat("{x: 1}, ", 20_000), ", ") + "]}\nall: [" + strings.TrimSuffix(strings.Repeat("*w, ", 20_000), ", ") + "]\n"
	for name, text := range map[string]string{"lists": list, "merges": merge, "merges of one key": wide} {
		start := time.Now()
		_, err := manifest.Decode("f.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), "the aliases of this document stand for more than") {
			t.Errorf("%s: got %v", name, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
	}
}

// FuzzDecode checks that a single document means what sigs.k8s.io/yaml, and so
// kubectl and the controllers, make of it, and that every value has a line.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		nested, "a: on\nb: 0777\nc: 1_000\nd: 2024-01-01\ne: 1e3\nf: y\ng: '1'\nh: 0x1f\ni: ~\n",
		"a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", "1: a\ntrue: b\n", "a: !!str 1\nb: !!binary aGk=\n", "a: 18446744073709551615\n", "a: |\n  x\n  ---\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(bytes.ReplaceAll(data, []byte("!!"), nil), []byte("!")) {
			return // go.yaml.in/yaml/v3 drops the non-specific tag "!"
		}
		docs, err := manifest.Decode("f.yaml", data)
		if err != nil || len(docs) != 1 {
			return
		}
		if line, _, _ := docs[0].Lookup("/metadata/name"); line < 1 {
			t.Errorf("line %d", line)
		}
		converted, err := yaml.YAMLToJSON(data)
		if err != nil || !strings.HasPrefix(string(converted), "{") {
			return // a stream, or refused by the stricter or older parser
		}
		var want any
		if err := k8sjson.UnmarshalCaseSensitivePreserveInts(converted, &want); err != nil {
			return
		}
		got, err := json.Marshal(docs[0].Fields)
		if err != nil {
			t.Fatal(err)
		}
		var again any
		if err := k8sjson.UnmarshalCaseSensitivePreserveInts(got, &again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again, want) {
			t.Errorf("got %s, want %s", got, converted)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	data := []byte(nested)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := manifest.Read("list.yaml", data); err != nil {
			b.Fatal(err)
		}
	}
}
