package jsonschema

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

type level string

type leaf struct {
	Name string `json:"name" pattern:"^a"`
}

type tree struct {
	Leaf     leaf              `json:"leaf"`
	Levels   map[string]level  `json:"levels,omitempty"`
	Counts   map[level]int     `json:"counts"`
	Modes    map[string]string `json:"modes" enum:"on,off" default:"{}"`
	Children []*tree           `json:"children,omitempty"`
	When     time.Time         `json:"when"`
	Any      any               `json:"any"`
	Ratio    float64           `json:"ratio" default:"0.5"`
	Flag     bool
	Hidden   string `json:"-"`
	private  int
}

func TestGenerate(t *testing.T) {
	_ = tree{}.private
	text, err := Generate(reflect.TypeFor[tree](), Options{
		ID: "https://example.com/s", Title: "T", Description: "D", Tag: "json", Closed: true,
		Enums: map[reflect.Type][]string{reflect.TypeFor[level](): {"low", "high"}},
		Docs:  Docs{"jsonschema.leaf": "A leaf.", "jsonschema.tree.Leaf": "The leaf.", "jsonschema.tree.Ratio": "How much."},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	node := `{
		"type": "object", "additionalProperties": false,
		"required": ["leaf", "counts", "modes", "when", "any", "ratio", "Flag"],
		"properties": {
			"leaf": {"allOf": [{"$ref": "#/definitions/jsonschema.leaf"}], "description": "The leaf."},
			"levels": {"type": "object", "additionalProperties": {"type": "string", "enum": ["low", "high"]}},
			"counts": {"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"enum": ["low", "high"]}},
			"modes": {"type": "object", "additionalProperties": {"type": "string", "enum": ["on", "off"]}, "default": {}},
			"children": {"type": "array", "items": {"$ref": "#/definitions/jsonschema.tree"}},
			"when": {"type": "string", "format": "date-time"},
			"any": {},
			"ratio": {"type": "number", "default": 0.5, "description": "How much."},
			"Flag": {"type": "boolean"}
		}`
	document := node + `,
		"$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://example.com/s", "title": "T", "description": "D",
		"definitions": {
			"jsonschema.leaf": {"type": "object", "additionalProperties": false, "required": ["name"], "description": "A leaf.",
				"properties": {"name": {"type": "string", "pattern": "^a"}}},
			"jsonschema.tree": ` + node + `}
		}
	}`
	var want any
	if err := json.Unmarshal([]byte(document), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s", text)
	}
}

func TestGenerateRefusesWhatJSONLacks(t *testing.T) {
	for _, v := range []any{struct{ F func() }{}, struct{ C chan int }{}, struct{ M map[int]string }{}} {
		if _, err := Generate(reflect.TypeOf(v), Options{Tag: "json"}); err == nil || !strings.Contains(err.Error(), "describing") {
			t.Errorf("%T gives %v", v, err)
		}
	}
}

func TestReadDocs(t *testing.T) {
	docs, err := ReadDocs(fstest.MapFS{
		"p/a.go":      {Data: []byte("package p\n\n// A is\n// a thing.\ntype A struct {\n\t// X and\n\t// more.\n\tX, Y int\n\tZ int // beside\n\tN int\n}\n\ntype (\n\t// B too.\n\tB string\n)\n\nfunc F() {}\n")},
		"p/a_test.go": {Data: []byte("not Go")},
		"p/README":    {Data: []byte("not Go")},
	}, "p")
	if err != nil {
		t.Fatal(err)
	}
	want := Docs{"p.A": "A is a thing.", "p.A.X": "X and more.", "p.A.Y": "X and more.", "p.A.Z": "beside", "p.B": "B too."}
	if !reflect.DeepEqual(docs, want) {
		t.Errorf("got %v", docs)
	}
	if _, err := ReadDocs(fstest.MapFS{"p/a.go": {Data: []byte("not Go")}}, "p"); err == nil {
		t.Error("a file that is not Go is accepted")
	}
	if _, err := ReadDocs(fstest.MapFS{}, "p"); err == nil {
		t.Error("a missing directory is accepted")
	}
}
