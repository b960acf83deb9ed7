package dryrun_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
)

// definitionOf is a definition of Widgets with a schema, and a Widget.
func definitionOf(schema, widget string) string {
	return `-- head.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: ` + schema + `}}]
---
{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}` + widget + `}
`
}

// nested is a schema in which a field holds the same field again and again, and a
// value for it.
func nested(depth int) (schema, value string) {
	return strings.Repeat("{type: object, properties: {a: ", depth) + "{type: string}" + strings.Repeat("}}", depth),
		strings.Repeat("a: {", depth-1) + "a: x" + strings.Repeat("}", depth-1)
}

// Whatever a change defines, it gets an answer in bounded time and memory.
func TestHostileDefinitions(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	deep, value := nested(1200)
	var wide strings.Builder
	for n := range 2000 {
		fmt.Fprintf(&wide, "p%d: {type: string}, ", n)
	}
	list := "{type: object, properties: {l: {type: array, %s items: {type: string%s}, x-kubernetes-validations: [{rule: %q}]}}}"
	squared := "self.all(a, self.all(b, a + b != 'c'))"
	many := strings.Repeat("x, ", 999) + "x"
	const (
		tried   = "tried 2 on embedded 1.36\nrollback possible\n"
		refused = "not tried (blocked) Widget a\n  head.yaml:10 the API server refuses the definition of its kind\ntried 1 on embedded 1.36\nrollback possible\n"
		schema  = "error dry-run/invalid new CustomResourceDefinition widgets.example.com\n  head.yaml:8 /spec/versions/0/schema/openAPIV3Schema"
		advice  = " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)\n"
	)
	for name, test := range map[string]struct{ schema, widget, want string }{
		"deep": {deep, ", " + value, tried},
		"wide": {"{type: object, properties: {" + wide.String() + "}}", ", p1999: 1", "error dry-run/invalid new Widget a\n" +
			"  head.yaml:10 /p1999\n  p1999: expected string, got 1\n" + tried},
		"costly rule": {fmt.Sprintf(list, "", "", squared), ", l: [a]", schema + "/properties/l/items/type\n" +
			"  spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x" + advice +
			schema + "/properties/l/x-kubernetes-validations/0/rule\n" +
			"  spec.validation.openAPIV3Schema.properties[l].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema\n" +
			schema + "/properties/l/x-kubernetes-validations/0/rule\n" +
			"  spec.validation.openAPIV3Schema.properties[l].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x" + advice + refused},
		"costly object": {fmt.Sprintf(list, "maxItems: 1000,", ", maxLength: 1", "self.all(a, self.all(b, a != 'y'))"), ", l: [" + many + "]", "error dry-run/invalid new Widget a\n" +
			"  head.yaml:10 /l\n  l: Invalid value: \"array\": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.all(a, self.all(b, a != 'y'))\n" + tried},
		"expression": {"{type: object, properties: {s: {type: string, pattern: '^((a+)+)+$'}}}", ", s: " + strings.Repeat("a", 20000) + "b", "error dry-run/invalid new Widget a\n" +
			"  head.yaml:10 /s\n  s: Invalid value: …: s in body should match '^((a+)+)+$'\n" + tried},
		"no expression": {"{type: object, properties: {s: {type: string, pattern: '(a{1000}){1000}'}}}", ", s: a", schema + "/properties/s/pattern\n" +
			"  spec.validation.openAPIV3Schema.properties[s].pattern: Invalid value: \"(a{1000}){1000}\": must be a valid regular expression, but isn't: error parsing regexp: invalid repeat count: `{1000}`\n" + refused},
		"loop": {"{type: object, properties: {s: {$ref: '#/definitions/s'}}}", ", s: a", schema + "/properties/s/$ref\n" +
			"  spec.validation.openAPIV3Schema.properties[s].$ref: Forbidden: $ref is not supported\n" + refused},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t, txtar.Parse([]byte(definitionOf(test.schema, test.widget))))
			began := time.Now()
			result, err := runner.Try(t.Context(), in)
			if took := time.Since(began); err != nil || took > time.Minute {
				t.Errorf("%v after %s", err, took)
			}
			got := transcript(in, result)
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// An object that is too large is refused as production refuses it: by its kind, by
// etcd, or by the size of the request.
func TestHostileSizes(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	const kind = "{type: object, properties: {s: {type: string}}}"
	for name, test := range map[string]struct{ head, want string }{
		"kind": {"-- head.yaml --\n{apiVersion: v1, kind: ConfigMap, metadata: {name: large, namespace: default}, data: {a: " + strings.Repeat("x", 2<<20) + "}}\n",
			"error dry-run/invalid new ConfigMap default large\n  head.yaml:1 /data/a\n  data.a: []: Too long: may not be more than 1048576 bytes\ntried 1 on embedded 1.36\nrollback possible\n"},
		"etcd": {definitionOf(kind, ", s: "+strings.Repeat("x", 2<<20)), "error dry-run/invalid new Widget a\n" +
			"  head.yaml:10 /s\n  s: the object has 2097230 bytes, and etcd stores at most 1572864\ntried 2 on embedded 1.36\nrollback possible\n"},
		"request": {definitionOf(kind, ", s: "+strings.Repeat("x", 3<<20)), "error dry-run/invalid new Widget a\n" +
			"  head.yaml:10 /s\n  s: Request entity too large: limit is 3145728\ntried 2 on embedded 1.36\nrollback possible\n"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t, txtar.Parse([]byte(test.head)))
			result, err := runner.Try(t.Context(), in)
			if got := transcript(in, result); err != nil || got != test.want {
				t.Errorf("got\n%s%v\nwant\n%s", got, err, test.want)
			}
		})
	}
}
