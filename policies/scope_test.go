package policies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

const twoServices = `apiVersion: v1
kind: Service
metadata: {name: a}
spec: {clusterIP: 10.0.0.1}
---
apiVersion: v1
kind: Service
metadata: {name: b}
spec: {clusterIP: 10.0.0.2}
`

// foundLines writes findings as "baseline rule object file:line message".
func foundLines(findings []verdict.Finding) []string {
	var out []string
	for _, f := range findings {
		at := "-"
		if f.Location != nil {
			at = fmt.Sprintf("%d", f.Location.Line)
		}
		out = append(out, fmt.Sprintf("%s %s %s %s line %s %s", f.Environment, f.Baseline, f.Rule, f.Object.Name, at, f.Message))
	}
	return out
}

// TestScopes: rules that look at all objects of an environment at once.
func TestScopes(t *testing.T) {
	for _, tt := range []struct {
		name, rego string
		want       []string
	}{
		{"a value that it shows is the place", `# METADATA
# custom: {id: e/same, scope: environment}
package a
deny contains {"msg": sprintf("%s and %s", [a.metadata.name, b.metadata.name]), "at": b.spec.clusterIP} if {
	some i, a in input.objects
	some j, b in input.objects
	i < j
	a.spec.clusterIP == b.spec.clusterIP
}`, []string{"prod new e/same b line 9 a and b"}},
		{"an object that it shows", `# METADATA
# custom: {id: e/all, scope: environment}
package a
deny contains {"msg": "x", "object": o} if some o in input.objects`, []string{"prod unchanged e/all a line 1 x", "prod unchanged e/all b line 6 x"}},
		{"the environment as a whole, and its parameters", `# METADATA
# custom: {id: e/count, scope: environment, parameters: {limit: {default: 1}}}
package a
deny contains sprintf("%d objects of %s", [count(input.objects), input.review.environment.name]) if count(input.objects) > input.review.parameters.limit`, []string{"prod unchanged e/count  line - 2 objects of prod"}},
		{"what the change does", `# METADATA
# custom: {id: e/change, scope: environment}
package a
deny contains {"msg": c.operation, "at": c.oldObject.spec.clusterIP} if some c in input.review.changes`, []string{"prod new e/change b line 9 UPDATE"}},
		{"as conftest --combine", `# METADATA
# custom: {id: e/combine, scope: combine}
package a
deny contains {"msg": f.path, "at": f.contents.spec} if { some f in input; f.contents.metadata.name == "b" }`, []string{"prod unchanged e/combine b line 9 prod.yaml"}},
		{"an inventory", `# METADATA
# custom: {id: e/inventory, scope: environment}
package a
deny contains "x" if data.inventory.cluster.v1.Service.a.spec.clusterIP == "10.0.0.2"`, []string{"prod absent e/inventory  line - x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			engine, err := load(t, tt.rego)
			if err != nil {
				t.Fatal(err)
			}
			base := readAs(t, "prod.yaml", twoServices)
			head := readAs(t, "prod.yaml", strings.Replace(twoServices, "10.0.0.2", "10.0.0.1", 1))
			if strings.Contains(tt.rego, "inventory") {
				base, head = readAs(t, "prod.yaml", strings.Replace(twoServices, "10.0.0.1", "10.0.0.2", 1)), base
			}
			result, err := engine.Evaluate(t.Context(), policies.Input{Environment: config.Environment{Name: "prod"}, Base: base, Head: head, Deltas: diff.Compare(base, head)})
			if err != nil {
				t.Fatal(err)
			}
			if got := foundLines(result.Findings); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			last := result.Entries[len(result.Entries)-1]
			if len(result.Entries) != 3 || last.Object != (verdict.Object{}) || !last.Evaluated() {
				t.Errorf("got %+v", result.Entries)
			}
		})
	}
}

func TestScopeFaults(t *testing.T) {
	if _, err := load(t, "# METADATA\n# custom: {scope: cluster}\npackage a\ndeny contains \"x\" if true"); err == nil || !strings.Contains(err.Error(), `policies/rule.rego:1: METADATA: custom.scope: "cluster" is not known`) {
		t.Errorf("got %v", err)
	}
	engine, err := load(t, "# METADATA\n# custom: {scope: environment}\npackage a\ndeny contains \"x\" if to_number(input.objects[0].kind) > 1\nwarn contains \"y\" if true")
	if err != nil {
		t.Fatal(err)
	}
	result, err := engine.Evaluate(t.Context(), policies.Input{Head: readAs(t, "prod.yaml", twoServices)})
	if err != nil || len(result.Findings) != 1 || result.Entries[2].Reason != verdict.Failed || !strings.Contains(result.Entries[2].Detail, "to_number") {
		t.Errorf("got %+v, %v", result, err)
	}
}

// TestScopeBuiltinErrors: a built-in function that fails is a finding where the
// METADATA have it so, whatever the rule looks at.
func TestScopeBuiltinErrors(t *testing.T) {
	engine, err := load(t, "# METADATA\n# custom: {scope: environment, builtin_errors: warning}\npackage a\ndeny contains \"x\" if to_number(input.objects[0].kind) > 1\ndeny contains \"y\" if true")
	if err != nil {
		t.Fatal(err)
	}
	result, err := engine.Evaluate(t.Context(), policies.Input{Environment: config.Environment{Name: "prod"}, Head: readAs(t, "prod.yaml", twoServices)})
	got := foundLines(result.Findings)
	if err != nil || len(got) != 2 || !strings.Contains(got[0], "could not be evaluated in full") || !strings.Contains(got[1], "y") || !result.Entries[2].Evaluated() {
		t.Errorf("got %q of %+v, %v", got, result.Entries, err)
	}
}

// TestFleet: a rule sees what all environments would run side by side.
func TestFleet(t *testing.T) {
	engine, err := load(t, `# METADATA
# custom: {id: f/same, enabled: false, scope: fleet, parameters: {with: {default: staging}}}
package a
deny contains {"msg": sprintf("%s has another address in %s", [o.metadata.name, input.review.parameters.with]), "at": o.spec.clusterIP} if {
	some o in input.environments.prod.objects
	some other in input.environments[input.review.parameters.with].objects
	other.metadata.name == o.metadata.name
	other.spec.clusterIP != o.spec.clusterIP
}
deny contains {"msg": "no b", "environment": name} if {
	some name, e in input.environments
	not "b" in {o.metadata.name | some o in e.objects}
}
warn contains "nowhere" if input.environments.lost`)
	if err != nil {
		t.Fatal(err)
	}
	on := config.Environment{Severities: map[string]string{"f/same": "warning"}}
	if engine.LooksAtFleet(config.Environment{}) || !engine.LooksAtFleet(on) {
		t.Error("the rule is off unless it is configured")
	}
	prod := readAs(t, "prod.yaml", twoServices)
	moved := readAs(t, "prod.yaml", strings.Replace(twoServices, "10.0.0.2", "10.0.0.3", 1))
	staging := readAs(t, "staging.yaml", twoServices)
	lost := readAs(t, "lost.yaml", strings.Split(twoServices, "---")[0])
	members := []policies.FleetMember{
		{Environment: config.Environment{Name: "prod"}, Base: prod, Head: moved, Deltas: diff.Compare(prod, moved)},
		{Environment: config.Environment{Name: "staging"}, Base: staging, Head: staging},
		{Environment: config.Environment{Name: "dev"}, Base: lost, Head: lost},
	}
	result, err := engine.EvaluateFleet(t.Context(), policies.FleetInput{Members: members, Settings: on})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"prod new f/same b line 9 b has another address in staging", "dev unchanged f/same  line - no b"}
	if got := foundLines(result.Findings); !slices.Equal(got, want) || result.Findings[0].Level != verdict.Warning {
		t.Errorf("got %q, want %q", got, want)
	}
	wrong := config.Environment{Severities: on.Severities, Parameters: map[string]map[string]any{"f/same": {"with": 1}}}
	result, err = engine.EvaluateFleet(t.Context(), policies.FleetInput{Members: members, Settings: wrong})
	if err != nil || len(result.Findings) != 0 || len(result.Entries) != 1 || result.Entries[0].Reason != verdict.Failed ||
		result.Entries[0].Detail != "the parameter with of the rule f/same is a number; it must be a string" {
		t.Errorf("got %+v, %v", result, err)
	}
	members[2].Environment.Name = "lost"
	result, err = engine.EvaluateFleet(t.Context(), policies.FleetInput{Members: members, Settings: on})
	if err != nil || len(result.Entries) != 1 || !strings.Contains(result.Entries[0].Detail, "shows no object, and names no environment") {
		t.Errorf("got %+v, %v", result.Entries, err)
	}
}

func readAs(t *testing.T, file, text string) *manifest.Set {
	t.Helper()
	objects, err := manifest.Read(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.NewSet(objects...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
