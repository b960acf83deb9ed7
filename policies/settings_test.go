package policies_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

const limits = `# METADATA
# scope: package
# custom:
#   id: team/limits
#   enabled: %ENABLED%
#   match: {environments: ["prod*"], environmentLabels: {tier: "*"}}
#   parameters:
#     max: {default: 3, schema: {type: number, minimum: 1}}
#     teams: {default: [a]}
#     owner: {description: nobody by default}
package team.limits

import data.shared

deny contains shared.text if input.kind
deny contains data.parameters["team/limits"].owner if input.kind
`

const shared = `package shared

text := sprintf("%v %v", [input.review.parameters.max, data.parameters["team/limits"].teams])
`

func limitsEngine(t *testing.T, enabled string) *policies.Engine {
	t.Helper()
	engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", Dir: "policies", FS: fstest.MapFS{
		"policies/limits.rego": {Data: []byte(strings.ReplaceAll(limits, "%ENABLED%", enabled))},
		"policies/shared.rego": {Data: []byte(shared)},
		// This rule caches shared.text for parameters of its own: none.
		"policies/first.rego": {Data: []byte("package first\nimport data.shared\nwarn contains shared.text if true")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func TestSettings(t *testing.T) {
	prod := config.Environment{Name: "prod-eu", Labels: map[string]string{"tier": "1"}}
	with := func(parameters map[string]any, severities map[string]string) config.Environment {
		env := prod
		env.Parameters = map[string]map[string]any{"team/limits": parameters}
		env.Severities = severities
		return env
	}
	for _, tt := range []struct {
		name, enabled string
		env           config.Environment
		// want is what deny says, and fault a part of what is said of the environment.
		want  []string
		fault string
	}{
		{"defaults", "true", prod, []string{`3 ["a"]`}, ""},
		{"configured", "true", with(map[string]any{"max": 5, "teams": []any{"b"}, "owner": "x"}, nil), []string{`5 ["b"]`, "x"}, ""},
		{"another environment", "true", config.Environment{Name: "dev", Labels: prod.Labels}, nil, ""},
		{"an environment without the label", "true", config.Environment{Name: "prod"}, nil, ""},
		{"not enabled", "false", prod, nil, ""},
		{"enabled by a severity", "false", with(nil, map[string]string{"team/limits": "note"}), []string{`3 ["a"]`}, ""},
		{"an unknown parameter", "true", with(map[string]any{"maximum": 5}, nil), nil, "the rule team/limits has no parameter maximum; it has max, owner, teams"},
		{"a parameter of another type", "true", with(map[string]any{"teams": "b"}, nil), nil, "the parameter teams of the rule team/limits is a string; it must be a list"},
		{"a parameter that the schema refuses", "true", with(map[string]any{"max": 0}, nil), nil, "the parameter max of the rule team/limits: "},
		{"an unknown rule", "true", config.Environment{Name: "prod", Severities: map[string]string{"other/limits": "off"}}, nil, "the rule other/limits, which is not there; correct its ID in .penstock.yaml (there is team/limits)"},
		{"parameters of an unknown rule", "true", config.Environment{Name: "prod", Parameters: map[string]map[string]any{"x": nil}}, nil, "parameters are set for the rule x"},
		{"a severity that is none", "true", config.Environment{Name: "prod", Severities: map[string]string{"team/limits": "bad"}}, nil, `the severity of the rule team/limits is "bad"`},
	} {
		result, err := limitsEngine(t, tt.enabled).Evaluate(t.Context(), policies.Input{Environment: tt.env, Head: set(t, web)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range result.Findings {
			if f.Rule == "team/limits" {
				got = append(got, f.Message)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		first := result.Entries[0]
		if tt.fault == "" {
			if !first.Evaluated() || len(result.Entries) != 1 {
				t.Errorf("%s: got %+v", tt.name, result.Entries)
			}
			continue
		}
		if first.Reason != verdict.Failed || first.Object != (verdict.Object{}) || !strings.Contains(first.Detail, tt.fault) {
			t.Errorf("%s: got %+v", tt.name, first)
		}
	}
}

const vault = `apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
data: {password: aHVudGVyMi1kZWVw, pin: NDI=}
stringData: {token: "line one\nline two", on: "yes!"}
`

// TestSecretsAreHidden: whatever a rule says, the values of a Secret stay hidden.
func TestSecretsAreHidden(t *testing.T) {
	const rego = `package main
deny contains sprintf("%v", [input.data]) if input.kind == "Secret"
deny contains sprintf("%s!", [base64.decode(input.data.password)]) if input.kind == "Secret"
deny contains sprintf("pin %s of 1042 things", [base64.decode(input.data.pin)]) if input.kind == "Secret"
deny contains input.stringData.token if input.kind == "Secret"
deny contains {"msg": "m", "remediation": input.stringData.token, "container": base64.decode(input.data.password)} if input.kind == "Secret"
deny contains {"msg": "place", "path": ["data", base64.decode(input.data.password)], "_loc": {"file": base64.decode(input.data.password)}} if input.kind == "Secret"
deny_number contains "n" if to_number(input.stringData.token) > 1
deny_other contains msg if {
	input.kind == "ConfigMap"
	msg := sprintf("%s %v", [base64.decode(data.inventory.namespace.shop.v1.Secret.db.data.password), input.data])
}`
	const configMap = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata: {a: plain}\n"
	result := evaluate(t, rego, "", vault+configMap, config.Environment{})
	all := ""
	for _, f := range result.Findings {
		all += f.Message + "\n" + f.Remediation + "\n" + f.Container + "\n" + f.Path + "\n"
		if f.Location != nil {
			all += f.Location.File + "\n"
		}
	}
	for _, e := range result.Entries {
		all += e.Detail + "\n"
	}
	for _, value := range []string{"aHVudGVyMi1kZWVw", "hunter2-deep", "NDI=", " 42 ", "line one", `one\nline`} {
		if strings.Contains(all, value) {
			t.Errorf("%q is shown:\n%s", value, all)
		}
	}
	for _, text := range []string{"[hidden]!", "pin [hidden] of 1042 things", `[hidden] {"a": "plain"}`, "the rule main/deny_number", "/data/[hidden]"} {
		if !strings.Contains(all, text) {
			t.Errorf("%q is missing:\n%s", text, all)
		}
	}
}

// TestInventoryOfEachSide: a finding on an object that did not change is new
// when what it depends on did.
func TestInventoryOfEachSide(t *testing.T) {
	const rego = `package main
deny contains "no budget" if {
	input.kind == "Deployment"
	not data.inventory.namespace.shop["policy/v1"].PodDisruptionBudget
}
warn contains "always" if input.kind == "Deployment"`
	const budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: shop}\n"
	for _, tt := range []struct {
		name, base, head string
		want             []string
	}{
		{"taken away", web + budget, web, []string{"no budget new", "always unchanged"}},
		{"added", web, web + budget, []string{"always unchanged", "no budget absent"}},
		{"never there", web, web, []string{"no budget unchanged", "always unchanged"}},
	} {
		var got []string
		for _, f := range evaluate(t, rego, tt.base, tt.head, config.Environment{}).Findings {
			got = append(got, f.Message+" "+string(f.Baseline))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestOperations: what rules see of each operation, and when they run.
func TestOperations(t *testing.T) {
	const rego = `# METADATA
# scope: package
# custom: {match: {operations: [%OPS%]}}
package main
deny contains sprintf("%s %v %v %s", [input.review.operation, is_object(input.review.object), is_object(input.review.oldObject), input.metadata.name]) if true
`
	scaled := strings.Replace(web, "replicas: 1", "replicas: 2", 1)
	for _, tt := range []struct {
		ops, base, head string
		want            []string
	}{
		{"CREATE", "", web, []string{"new CREATE true false web"}},
		{"UPDATE", web, scaled, []string{"new UPDATE true true web"}},
		{"DELETE", web, "", []string{"new DELETE false true web"}},
		{"DELETE", "", web, nil},
		{"CREATE", web, scaled, nil},
		{"CREATE", web, web, []string{"unchanged CREATE true false web"}},
		{"UPDATE", web, web, nil},
		// A rule that judges the step and not the state never finds it at base.
		{"CREATE, UPDATE", web, scaled, []string{"new UPDATE true true web", "absent CREATE true false web"}},
		{"", web, "", []string{"absent CREATE true false web"}},
	} {
		text := strings.ReplaceAll(rego, "%OPS%", tt.ops)
		if tt.ops == "" {
			text = text[strings.Index(text, "package main"):]
		}
		var got []string
		for _, f := range evaluate(t, text, tt.base, tt.head, config.Environment{}).Findings {
			got = append(got, string(f.Baseline)+" "+f.Message)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.ops, got, tt.want)
		}
	}
}

// TestBaselineOfMovedContainers: a container before another one does not make
// the findings of the other new, and two equal findings are two.
func TestBaselineOfMovedContainers(t *testing.T) {
	const rego = `package main
deny contains {"msg": "not pinned", "at": c.image, "n": i} if {
	some i, c in input.spec.template.spec.containers
	endswith(c.image, ":latest")
}`
	moved := strings.Replace(web, "      - name: one\n", "      - {name: zero, image: \"zero:latest\"}\n      - name: one\n", 1)
	result := evaluate(t, rego, web, moved, config.Environment{})
	var got []string
	for _, f := range result.Findings {
		got = append(got, f.Container+" "+string(f.Baseline)+" "+f.Path)
	}
	want := []string{
		"two unchanged /spec/template/spec/containers/2/image",
		"zero new /spec/template/spec/containers/0/image",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestPlaceOfContainer(t *testing.T) {
	for name, tt := range map[string]struct {
		result string
		line   int
	}{
		"a name":                 {`{"msg": "m", "container": "two"}`, 14},
		"a name from the object": {`{"msg": "m", "container": input.spec.template.spec.containers[1].name}`, 14},
		"a value under any key":  {`{"msg": "m", "details": input.spec.template.spec.containers[1].image}`, 15},
		"nothing":                {`{"msg": "m"}`, 1},
		"a pointer":              {`{"msg": "m", "path": "/spec/replicas"}`, 8},
		"a field that is not there, and its parent": {`{"msg": "m", "path": "/metadata/annotations/x", "at": input.metadata}`, 3},
	} {
		result := evaluate(t, "package main\ndeny contains "+tt.result+" if true", "", web, config.Environment{})
		if len(result.Findings) != 1 || result.Findings[0].Location.Line != tt.line {
			t.Errorf("%s: got %+v at %+v", name, result.Findings, result.Findings[0].Location)
		}
	}
}

// TestInput: the object is the input, also where it has a key called review or
// values that no other object has.
func TestInput(t *testing.T) {
	const odd = `apiVersion: example.com/v1alpha1
kind: Odd
metadata: {name: odd}
review: {mine: true}
numbers: [1, -2.5, 1e3, 9007199254740993]
nothing: null
"a/b~c": {"": x}
`
	head, err := manifest.Read("odd.yaml", []byte(odd))
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.NewSet(head...)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := load(t, `package main
deny contains {"msg": sprintf("%v %v %v %v", [input.numbers, input.nothing, input.review.object.review.mine, input.review.kind]), "at": input["a/b~c"][""]} if not input.review.mine`)
	if err != nil {
		t.Fatal(err)
	}
	result, err := engine.Evaluate(t.Context(), policies.Input{Head: s, Deltas: diff.Compare(nil, s)})
	if err != nil || len(result.Findings) != 1 {
		t.Fatalf("got %+v %v", result, err)
	}
	f := result.Findings[0]
	if f.Message != `[1, -2.5, 1000, 9007199254740993] null true {"group": "example.com", "kind": "Odd", "version": "v1alpha1"}` || f.Path != "/a~1b~0c/" {
		t.Errorf("got %+v", f)
	}
}
