package policies_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"golang.org/x/tools/txtar"
)

// templateOf is a ConstraintTemplate whose Rego begins in line 9.
func templateOf(kind, rego string) string {
	return "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: " + strings.ToLower(kind) + "}\nspec:\n  crd: {spec: {names: {kind: " + kind + "}}}\n" +
		"  targets:\n  - target: admission.k8s.gatekeeper.sh\n    rego: |\n      " + strings.ReplaceAll(strings.TrimSpace(rego), "\n", "\n      ") + "\n"
}

func constraintOf(kind, name, spec string) string {
	return "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

// archive makes an archive of pairs of names and texts.
func archive(files ...string) *txtar.Archive {
	out := &txtar.Archive{}
	for i := 0; i < len(files); i += 2 {
		out.Files = append(out.Files, txtar.File{Name: files[i], Data: []byte(files[i+1])})
	}
	return out
}

// TestBrokenConstraints: an object of Gatekeeper in a directory of policies that
// cannot be used names its file and line, and what to do.
func TestBrokenConstraints(t *testing.T) {
	const ok = "package k8sfoo\nviolation[{\"msg\": \"x\"}] { input.review }"
	for _, tt := range []struct {
		name string
		in   *txtar.Archive
		want string
	}{
		{"Rego that does not parse", archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\nviolation[{\"msg\": msg}] {\n  msg := \n}")), "policies/t.yaml:12: "},
		{"Rego v1 in a template of v0", archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\nviolation contains {\"msg\": \"x\"} if true")), "policies/t.yaml:10: "},
		{"an unknown function", archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\n\nviolation[{\"msg\": \"x\"}] { nope(1) }")), "policies/t.yaml:11: undefined function nope"},
		{"a function of the network", archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\nviolation[{\"msg\": \"x\"}] { http.send({}) }")), "policies/t.yaml:10: undefined function http.send"},
		{"no violation", archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\ndeny[{\"msg\": \"x\"}] { true }")), "policies/t.yaml:9: the Rego defines no rule violation"},
		{"data of others", archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\nviolation[{\"msg\": \"x\"}] { data.other.x }")), "policies/t.yaml:10: the template refers to data.other.x, which it cannot see"},
		{"a library that is not there", archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\nimport data.lib.gone\nviolation[{\"msg\": \"x\"}] { gone.x }")), "which it cannot see"},
		{"a library of another name", archive("policies/t.yaml", templateOf("K8sFoo", ok)+"    libs: [package helpers]\n"), "policies/t.yaml:11: the package of a library must begin with lib"},
		{"a field of match", archive("policies/t.yaml", templateOf("K8sFoo", ok), "policies/c.yaml", constraintOf("K8sFoo", "foo", "\n  match: {kind: x}")), `policies/c.yaml:5: K8sFoo foo: spec.match: the field "kind" is not known`},
		{"a constraint that is there twice", archive("policies/a.yaml", templateOf("K8sFoo", ok), "policies/b.yaml", constraintOf("K8sFoo", "foo", "{}"), "policies/c.yaml", constraintOf("K8sFoo", "foo", "{enforcementAction: warn}")), "policies/c.yaml:1: K8sFoo.constraints.gatekeeper.sh foo is there twice; the other one is at policies/b.yaml:1"},
		{"YAML that names Gatekeeper and does not parse", archive("policies/a.yaml", "apiVersion: templates.gatekeeper.sh/v1\nkind: [\n"), "policies/a.yaml:"},
		{"a constraint without a name", archive("policies/a.yaml", "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sFoo\n"), "policies/a.yaml:1: "},
	} {
		_, err := loadArchive(t.Context(), tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
			continue
		}
		if hint, ok := err.(interface{ UserHint() string }); !ok || hint.UserHint() == "" {
			t.Errorf("%s: there is no hint", tt.name)
		}
	}
}

// TestYAMLBesidePolicies: YAML that is not Gatekeeper's means nothing, as ever;
// the folder data is data; equal copies of a constraint are one; a constraint
// that a suite expects to be refused is not in force.
func TestYAMLBesidePolicies(t *testing.T) {
	engine, err := loadArchive(t.Context(), archive(
		"policies/a.rego", "package main\ndeny contains data.settings.text if input.kind",
		"policies/data/settings.yaml", "settings: {text: hello}",
		"policies/chart/templates/x.yaml", "{{ if .Values.x }}\na: b\n{{ end }}",
		"policies/samples/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n",
		"policies/list.yaml", "- a\n- b\n",
		"policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\nviolation[{\"msg\": \"x\"}] { true }"),
		"policies/c.yaml", constraintOf("K8sFoo", "foo", "{}"),
		"policies/copy.yaml", constraintOf("K8sFoo", "foo", "{}"),
		"policies/tests/suite.yaml", "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests: [{name: t, template: ../t.yaml, constraint: bad.yaml, invalid: true}]\n",
		"policies/tests/bad.yaml", constraintOf("K8sFoo", "bad", "{match: {nonsense: true}}"),
	))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range engine.Rules() {
		got = append(got, r.ID+" "+r.Source)
	}
	if want := "gatekeeper/k8sfoo/foo policies/c.yaml:1, main/deny policies/a.rego"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

// TestConstraintFaults: what a template means and cannot say is an entry that
// was not evaluated, never a pass.
func TestConstraintFaults(t *testing.T) {
	for name, tt := range map[string]struct{ rego, want string }{
		"a violation without msg":   {`violation[{"text": "x"}] { true }`, "it gave a violation without msg"},
		"a message that is none":    {`violation[{"msg": 1}] { true }`, "it gave a violation without msg, or with one that is not a string"},
		"a string":                  {`violation["x"] { true }`, "it gave a string as a violation"},
		"a boolean":                 {`violation = true { true }`, "violation is a boolean"},
		"two values":                {"violation = [1] { input.review }\nviolation = [2] { input.review.object }", "conflict"},
		"a function that fails":     {`violation[{"msg": "x"}] { to_number("x") > 1 }`, "to_number"},
		"a good one beside a fault": {"violation[{\"msg\": \"x\"}] { true }\nviolation[{\"msg\": 2}] { true }", "it gave a violation without msg"},
	} {
		out := judgeArchive(t, archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\n"+tt.rego), "policies/c.yaml", constraintOf("K8sFoo", "foo", "{}"), "base.yaml", service))
		if !strings.Contains(out, "failed Service/hello-kubernetes: the rule gatekeeper/k8sfoo/foo (policies/c.yaml:1): ") || !strings.Contains(out, tt.want) {
			t.Errorf("%s: got %s", name, out)
		}
		if good := strings.Contains(out, string(verdict.Unchanged)); good != (name == "a good one beside a fault") {
			t.Errorf("%s: got %s", name, out)
		}
	}
}

// TestConstraintSchema: parameters are checked as the API server does.
func TestConstraintSchema(t *testing.T) {
	const schema = `{type: object, required: [labels], properties: {
      labels: {type: array, items: {type: object, required: [key], properties: {key: {type: string}, allowedRegex: {type: string, default: ".*"}}}},
      port: {x-kubernetes-int-or-string: true}, note: {type: string, nullable: true}, mode: {type: string, enum: [a, b], default: a}}}`
	template := strings.Replace(templateOf("K8sFoo", `package k8sfoo
violation[{"msg": msg}] { msg := sprintf("%v %v", [input.parameters.mode, input.parameters.labels]) }`), "kind: K8sFoo}}}", "kind: K8sFoo}, validation: {openAPIV3Schema: "+schema+"}}}", 1)
	for _, tt := range []struct{ name, parameters, want string }{
		{"good, with defaults", "{labels: [{key: x}]}", `hello-kubernetes base.yaml:1: a [{"allowedRegex": ".*", "key": "x"}]`},
		{"number or string, and null", "{labels: [], port: http, note: null}", "a []"},
		{"the other", "{labels: [], port: 80, mode: b}", "b []"},
		{"a type", "{labels: x}", "failed K8sFoo/foo: the constraint judges nothing: policies/c.yaml:5: spec.parameters: labels: Invalid type. Expected: array, given: string"},
		{"one that is required", "{mode: a}", "policies/c.yaml:5: spec.parameters: (Root): labels is required"},
		{"one within a list that is required", "{labels: [{}]}", "spec.parameters: labels.0: key is required"},
		{"a value", "{labels: [], mode: c}", `mode must be one of the following`},
		{"one that is not known", "{labels: [{key: x, allowedRegx: y}]}", "the template has no parameter labels.0.allowedRegx"},
		{"null where it must not be", "{labels: null}", "labels: Invalid type"},
		{"neither number nor string", "{labels: [], port: [1]}", "port: Invalid type"},
	} {
		out := judgeArchive(t, archive("policies/t.yaml", template, "policies/c.yaml", constraintOf("K8sFoo", "foo", "\n  parameters: "+tt.parameters), "base.yaml", service))
		if !strings.Contains(out, tt.want) {
			t.Errorf("%s: got %s", tt.name, out)
		}
	}
}

// TestConstraintHidesSecrets: a message does not show the values of Secrets,
// neither of the one under review nor of those in the inventory.
func TestConstraintHidesSecrets(t *testing.T) {
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {password: hunter2hunter2}\n---\n"
	for name, rego := range map[string]string{
		"under review":  `violation[{"msg": msg}] { msg := sprintf("it is %v", [input.review.object.stringData.password]) }`,
		"the inventory": `violation[{"msg": msg}] { msg := sprintf("%v: it is %v", [input.review.name, data.inventory.namespace.shop.v1.Secret.s.stringData.password]) }`,
	} {
		out := judgeArchive(t, archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\n"+rego), "policies/c.yaml", constraintOf("K8sFoo", "foo", "{}"), "base.yaml", secret+service))
		if !strings.Contains(out, "it is") || strings.Contains(out, "hunter2") {
			t.Errorf("%s: got %s", name, out)
		}
	}
}

// TestConstraintsOfOneTemplate: constraints share what their template says of the
// object, and never what depends on their parameters, however it gets at them.
func TestConstraintsOfOneTemplate(t *testing.T) {
	for name, rego := range map[string]string{
		"directly":       `violation[{"msg": input.parameters.p}] { input.review }`,
		"by a rule":      `violation[{"msg": p}] { p := own }` + "\nown = input.parameters.p { ports }\nports { input.review.object.spec.ports }",
		"by a function":  `violation[{"msg": p}] { p := own(input.review.name) }` + "\nown(_) = p { p := input.parameters.p }",
		"by all of it":   `violation[{"msg": p}] { p := own.p }` + "\nown = all.parameters\nall = input",
		"by a variable":  `violation[{"msg": p}] { p := own[_] }` + "\nown[p] { some k; p := input[k].p }",
		"by with":        `violation[{"msg": p}] { p := own with input.review as {} }` + "\nown = input.parameters.p",
		"by an else":     "violation = [{\"msg\": \"x\"}] { input.review.nothing } else = found { true }\nfound = [{\"msg\": input.parameters.p}]",
		"by another one": `violation[{"msg": p}] { p := sprintf("%v", [shared + own - 3]) }` + "\nshared = count(input.review.object.spec.ports) + 1\nown = to_number(input.parameters.p)",
	} {
		files := []string{"policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\n"+rego), "base.yaml", service}
		for i := range 3 {
			files = append(files, fmt.Sprintf("policies/c%d.yaml", i), constraintOf("K8sFoo", fmt.Sprintf("c%d", i), fmt.Sprintf("{match: {kinds: [{kinds: [Service]}]}, parameters: {p: \"%d\"}}", i)))
		}
		got := judgeArchive(t, archive(files...))
		for i := range 3 {
			if want := fmt.Sprintf("unchanged error gatekeeper/k8sfoo/c%d Service/hello-kubernetes base.yaml:1: %d\n", i, i); !strings.Contains(got, want) {
				t.Errorf("%s: got %s", name, got)
				break
			}
		}
	}
}

// TestTemplateWithoutEnd: what head brings is compiled to see whether it works.
// Code that takes twice as long with each step is given up, named, and no pass; the constraints that are in force judge all the same.
func TestTemplateWithoutEnd(t *testing.T) {
	code := "package k8sfoo\nviolation[{\"msg\": \"x\"}] { x := " + strings.Repeat("[y | y := ", 14) + "1" + strings.Repeat("]", 14) + " }\n"
	long := "package k8sfoo\nviolation[{\"msg\": \"x\"}] { true }\n" + strings.Repeat("# "+strings.Repeat("x", 1000)+"\n", 1600)
	for _, tt := range []struct{ name, head, want string }{
		{"code", templateOf("K8sFoo", code), "failed ConstraintTemplate/k8sfoo: it does not work as this change has it: head.yaml:9: compiling the template: it was given up after 250ms, which all templates and schemas of an environment share"},
		{"length", templateOf("K8sFoo", long), "its Rego is 1567 KiB long, and no API server takes more than 1536"},
	} {
		engine, err := loadArchive(t.Context(), archive("policies/t.yaml", templateOf("K8sBar", `package k8sbar
violation[{"msg": "bar"}] { true }`), "policies/c.yaml", constraintOf("K8sBar", "bar", "{match: {kinds: [{kinds: [Service]}]}}")))
		if err != nil {
			t.Fatal(err)
		}
		base, head := set(t, service), objects(t, "head.yaml", tt.head+"---\n"+service)
		result, err := engine.Evaluate(t.Context(), policies.Input{Base: base, Head: head, Deltas: diff.Compare(base, head), RuleTimeout: 250 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		got := lines(result)
		if !strings.Contains(got, tt.want) || !strings.Contains(got, "error gatekeeper/k8sbar/bar Service/hello-kubernetes") {
			t.Errorf("%s: got %s", tt.name, got)
		}
	}
}

// TestSchemaWithoutEnd: a schema that takes twice as long with each definition is given up.
func TestSchemaWithoutEnd(t *testing.T) {
	definitions := "l0: {type: string}"
	for i := range 20 {
		definitions += fmt.Sprintf(", l%d: {allOf: [{$ref: '#/definitions/l%d'}, {$ref: '#/definitions/l%d'}]}", i+1, i, i)
	}
	engine, err := load(t, "# METADATA\n# custom: {id: a/b, parameters: {p: {schema: {$ref: '#/definitions/l20', definitions: {"+definitions+"}}}}}\npackage a\ndeny contains \"x\" if input.review.parameters.p")
	if err != nil {
		t.Fatal(err)
	}
	env := config.Environment{Name: "prod", Parameters: map[string]map[string]any{"a/b": {"p": "x"}}}
	_, err = engine.Evaluate(t.Context(), policies.Input{Environment: env, Head: set(t, service), RuleTimeout: 50 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "checking the parameter p of the rule a/b: it was given up after 50ms") {
		t.Errorf("got %v", err)
	}
}

// TestConstraintTimeout: a constraint that does not end is stopped and named.
func TestConstraintTimeout(t *testing.T) {
	const endless = `violation[{"msg": "x"}] { a := numbers.range(1, 1000)[_]; b := numbers.range(1, 1000)[_]; c := numbers.range(1, 1000)[_]; a + b + c < 0 }`
	engine, err := loadArchive(t.Context(), archive("policies/t.yaml", templateOf("K8sFoo", "package k8sfoo\n"+endless), "policies/c.yaml", constraintOf("K8sFoo", "foo", "{}")))
	if err != nil {
		t.Fatal(err)
	}
	result, err := engine.Evaluate(t.Context(), policies.Input{Head: set(t, service), RuleTimeout: 50 * time.Millisecond})
	if err != nil || len(result.Entries) != 1 || !strings.Contains(result.Entries[0].Detail, "the rule gatekeeper/k8sfoo/foo (policies/c.yaml:1): it took more than 50ms") {
		t.Errorf("got %+v %v", result.Entries, err)
	}
}
