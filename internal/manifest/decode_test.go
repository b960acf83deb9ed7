package manifest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

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
