package gatekeeper_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

func template(apiVersion, validation, target string) string {
	return fmt.Sprintf(`apiVersion: %s
kind: ConstraintTemplate
metadata: {name: k8sfoo}
spec:
  crd: {spec: {names: {kind: K8sFoo}, validation: %s}}
  targets:
  - %s
`, apiVersion, validation, strings.ReplaceAll(target, "\n", "\n    "))
}

const admission = "target: admission.k8s.gatekeeper.sh\n"

// TestTemplate: where the Rego of a template is, and in which version.
func TestTemplate(t *testing.T) {
	for _, tt := range []struct{ name, target, want string }{
		{"rego", admission + "rego: |\n  package a\n  b = 1", "v0 8+package a b = 1"},
		{"rego on one line", admission + "rego: package a", "v0 7+package a"},
		{"libraries", admission + "rego: package a\nlibs:\n- |\n  package lib.b\n  c = 1\n- package lib.d", "v0 7+package a 10+package lib.b c = 1 12+package lib.d"},
		{"code", admission + "code:\n- engine: Rego\n  source:\n    rego: package a", "v0 10+package a"},
		{"code in v0", admission + "code:\n- engine: Rego\n  source:\n    version: v0\n    rego: package a", "v0 11+package a"},
		{"code in v1, with libraries", admission + "code:\n- engine: Rego\n  source:\n    version: v1\n    rego: package a\n    libs: [package lib.b]", "v1 11+package a 12+package lib.b"},
		{"rego wins over code", admission + "rego: package a\ncode:\n- engine: Rego\n  source: {rego: package b, version: v1}", "v0 7+package a"},
		{"Rego beside CEL", admission + "code:\n- engine: K8sNativeValidation\n  source: {}\n- engine: Rego\n  source:\n    rego: package a", "v0 12+package a"},
		{"CEL", admission + "code:\n- engine: K8sNativeValidation\n  source: {}", "it is written for the engine K8sNativeValidation; only Rego is evaluated"},
		{"another target", "target: agent.example.com\nrego: package a", "its target is agent.example.com; only admission.k8s.gatekeeper.sh is evaluated"},
	} {
		found := read(t, template("templates.gatekeeper.sh/v1", "{}", tt.target))
		if len(found.Templates) != 1 {
			t.Errorf("%s: %v", tt.name, found.Faults)
			continue
		}
		got := found.Templates[0].Why
		if r := found.Templates[0].Rego; r != nil {
			got = "v0"
			if r.V1 {
				got = "v1"
			}
			for _, s := range append([]gatekeeper.Source{r.Main}, r.Libs...) {
				got += fmt.Sprintf(" %d+%s", s.Before, strings.Join(strings.Fields(s.Text), " "))
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestTemplateFaults(t *testing.T) {
	good := template("templates.gatekeeper.sh/v1", "{}", admission+"rego: package a")
	for _, tt := range []struct{ name, text, want string }{
		{"a name that is not the kind", strings.Replace(good, "name: k8sfoo", "name: foo", 1), "the name is foo; Gatekeeper accepts only the kind in lower case, k8sfoo"},
		{"no kind", strings.Replace(good, "names: {kind: K8sFoo}", "names: {}", 1), "spec.crd.spec.names.kind is missing"},
		{"no targets", strings.Replace(good, "targets:\n  -", "targets: []\n  x:\n  -", 1), "there are 0 targets"},
		{"two targets", good + "  - {target: x, rego: y}\n", "there are 2 targets"},
		{"no code", template("templates.gatekeeper.sh/v1", "{}", admission), "the target has neither rego nor code"},
		{"Rego without source", template("templates.gatekeeper.sh/v1", "{}", admission+"code: [{engine: Rego}]"), "the engine Rego has no source.rego"},
		{"another version", template("templates.gatekeeper.sh/v1", "{}", admission+"code: [{engine: Rego, source: {rego: package a, version: v2}}]"), "the version of Rego is v2; write v0 or v1"},
		{"a library that is none", template("templates.gatekeeper.sh/v1", "{}", admission+"rego: package a\nlibs: [1]"), "a library is not a string"},
	} {
		found := read(t, tt.text)
		if len(found.Faults) != 1 || !strings.Contains(found.Faults[0].Msg, tt.want) || found.Faults[0].Place.Line == 0 {
			t.Errorf("%s: got %v", tt.name, found.Faults)
		}
	}
}

// TestDefaults: defaults are set as the API server sets them, in mappings that
// are there.
func TestDefaults(t *testing.T) {
	for _, tt := range []struct{ name, schema, parameters, want string }{
		{"none given", "{type: object, properties: {a: {type: integer, default: 1}}}", "null", "{}"},
		{"a default for all", "{type: object, default: {b: 2}, properties: {a: {type: integer, default: 1}}}", "null", `{"a":1,"b":2}`},
		{"one that is missing", "{type: object, properties: {a: {type: integer, default: 1}, b: {type: string}}}", "{b: x}", `{"a":1,"b":"x"}`},
		{"one that is there", "{type: object, properties: {a: {type: integer, default: 1}}}", "{a: 2}", `{"a":2}`},
		{"one that is false", "{type: object, properties: {a: {type: boolean, default: true}}}", "{a: false}", `{"a":false}`},
		{"null where it must not be", "{type: object, properties: {a: {type: integer, default: 1}}}", "{a: null}", `{"a":1}`},
		{"null where it may be", "{type: object, properties: {a: {type: integer, nullable: true, default: 1}}}", "{a: null}", `{"a":null}`},
		{"in a member of a list", "{type: object, properties: {l: {type: array, items: {type: object, properties: {a: {default: 1}}}}}}", "{l: [{}, {a: 2}]}", `{"l":[{"a":1},{"a":2}]}`},
		{"in any other member", "{type: object, additionalProperties: {type: object, properties: {a: {default: 1}}}}", "{x: {}}", `{"x":{"a":1}}`},
		{"not in what is missing", "{type: object, properties: {o: {type: object, properties: {a: {default: 1}}}}}", "{x: 1}", `{"x":1}`},
		{"in a default", "{type: object, properties: {o: {type: object, default: {}, properties: {a: {default: 1}}}}}", "{}", `{"o":{"a":1}}`},
		{"without a schema", "null", "{a: 1}", `{"a":1}`},
	} {
		found := read(t, template("templates.gatekeeper.sh/v1", "{openAPIV3Schema: "+tt.schema+"}", admission+"rego: package a"))
		got, err := json.Marshal(found.Templates[0].Defaulted(fields(t, "{v: "+tt.parameters+"}")["v"]))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s %v, want %s", tt.name, got, err, tt.want)
		}
	}
}

// TestTemplateReferences: a schema that refers to a file or to itself is a fault,
// and a parameter that is named $ref is none.
func TestTemplateReferences(t *testing.T) {
	for schema, want := range map[string]int{
		`{properties: {a: {items: {allOf: [{$ref: "file:///dev/zero"}]}}}}`: 1,
		`{$ref: "#"}`:                          1,
		`{properties: {$ref: {type: string}}}`: 0,
	} {
		found := read(t, template("templates.gatekeeper.sh/v1", "{openAPIV3Schema: "+schema+"}", admission+"rego: package a"))
		if len(found.Faults) != want || want == 1 && !strings.Contains(found.Faults[0].Msg, "$ref") {
			t.Errorf("%s: got %+v", schema, found.Faults)
		}
	}
}

func TestUnknownParameters(t *testing.T) {
	const schema = "{openAPIV3Schema: {type: object, properties: {labels: {type: array, items: {type: object, properties: {key: {type: string}}}}, any: {type: object, x-kubernetes-preserve-unknown-fields: true}, map: {type: object, additionalProperties: {type: string}}}}"
	for _, tt := range []struct{ name, apiVersion, schema, parameters, want string }{
		{"all known", "templates.gatekeeper.sh/v1", schema + "}", "{labels: [{key: a}], any: {x: 1}, map: {y: z}}", ""},
		{"two that are not", "templates.gatekeeper.sh/v1", schema + "}", "{labels: [{key: a, kye: b}], label: c}", "/label /labels/0/kye"},
		{"a schema of old", "templates.gatekeeper.sh/v1beta1", schema + "}", "{label: c}", ""},
		{"a new schema in an old version", "templates.gatekeeper.sh/v1beta1", schema + ", legacySchema: false}", "{label: c}", "/label"},
		{"an old schema in a new version", "templates.gatekeeper.sh/v1", schema + ", legacySchema: true}", "{label: c}", ""},
		{"no schema", "templates.gatekeeper.sh/v1", "{}", "{label: c}", ""},
	} {
		found := read(t, template(tt.apiVersion, tt.schema, admission+"rego: package a"))
		got := strings.Join(found.Templates[0].UnknownParameters(fields(t, "{v: "+tt.parameters+"}")["v"]), " ")
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
