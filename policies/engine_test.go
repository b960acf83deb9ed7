package policies_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {team: a}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: one
        image: one:1
      - name: two
        image: two:latest
`

func set(t *testing.T, text string) *manifest.Set {
	t.Helper()
	objects, err := manifest.Read("web.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.NewSet(objects...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func load(t *testing.T, rego string) (*policies.Engine, error) {
	t.Helper()
	fsys := fstest.MapFS{"policies/rule.rego": {Data: []byte(rego)}}
	return policies.Load(t.Context(), policies.Source{Name: "policies", FS: fsys, Dir: "policies"})
}

func evaluate(t *testing.T, rego, base, head string, env config.Environment) policies.Result {
	t.Helper()
	engine, err := load(t, rego)
	if err != nil {
		t.Fatal(err)
	}
	env.Name = "prod"
	b, h := set(t, base), set(t, head)
	result, err := engine.Evaluate(t.Context(), policies.Input{Environment: env, Base: b, Head: h, Deltas: diff.Compare(b, h), Now: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestDialects(t *testing.T) {
	const imports = "package main\n"
	for _, tt := range []struct {
		name, rego string
		want       []string // level rule message
	}{
		{"a set of strings", imports + `deny contains "no" if input.kind == "Deployment"`, []string{"error main/deny no"}},
		{"a suffix", imports + `deny_replicas contains msg if { input.spec.replicas < 2; msg := "few" }`, []string{"error main/deny_replicas few"}},
		{"a warning", imports + `warn contains "hm" if input.kind == "Deployment"`, []string{"warning main/warn hm"}},
		{"an object", imports + `violation contains {"msg": "x", "severity": "note"} if input.kind`, []string{"note main/violation x"}},
		{"a list", imports + `deny := ["a", "b"]`, []string{"error main/deny a", "error main/deny b"}},
		{"Rego v0", imports + "deny[msg] { input.kind == \"Deployment\"; msg := \"old\" }", []string{"error main/deny old"}},
		{"the review", imports + `deny contains msg if { input.review.operation == "CREATE"; input.review.object.kind == "Deployment"; msg := input.review.environment.name }`, []string{"error main/deny prod"}},
		{"the inventory", imports + `deny contains name if { some name; data.inventory.namespace.shop["apps/v1"].Deployment[name] }`, []string{"error main/deny web"}},
		{"nothing", imports + `deny contains "no" if input.kind == "Pod"`, nil},
	} {
		result := evaluate(t, tt.rego, "", web, config.Environment{})
		var got []string
		for _, f := range result.Findings {
			got = append(got, strings.Join([]string{string(f.Level), f.Rule, f.Message}, " "))
		}
		if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if len(result.Entries) != 1 || !result.Entries[0].Evaluated() {
			t.Errorf("%s: got %+v", tt.name, result.Entries)
		}
	}
}

// What a rule means and cannot say is an entry that was not evaluated, never a pass.
func TestFaultsAreEntries(t *testing.T) {
	for name, tt := range map[string]struct{ rego, want string }{
		"a boolean":                {"package main\ndeny := true", "it gave a boolean"},
		"a set of numbers":         {"package main\ndeny contains 1", "it gave a number as a violation"},
		"an object without msg":    {`package main` + "\n" + `deny contains {"text": "x"}`, "without msg"},
		"a built-in that fails":    {`package main` + "\n" + `deny contains "x" if to_number(input.kind) > 1`, "to_number"},
		"two values for one rule":  {"package main\ndeny := [\"a\"] if input.kind\ndeny := [\"b\"] if input.metadata", "conflict"},
		"a severity that is wrong": {`package main` + "\n" + `deny contains {"msg": "x", "severity": "bad"}`, "severity"},
	} {
		result := evaluate(t, tt.rego, "", web, config.Environment{})
		if len(result.Entries) != 1 || result.Entries[0].Reason != verdict.Failed || !strings.Contains(result.Entries[0].Detail, tt.want) || !strings.Contains(result.Entries[0].Detail, "rule.rego:2") {
			t.Errorf("%s: got %+v", name, result.Entries)
		}
	}
}

func TestOneFaultDoesNotHideOtherRules(t *testing.T) {
	result := evaluate(t, "package main\ndeny := true\nwarn contains \"still\"", "", web, config.Environment{})
	if len(result.Findings) != 1 || result.Findings[0].Message != "still" {
		t.Errorf("got %+v", result.Findings)
	}
}

func TestSandbox(t *testing.T) {
	for name, rego := range map[string]string{
		"http.send":          `deny contains "x" if http.send({"method": "GET", "url": "http://localhost"})`,
		"opa.runtime":        `deny contains "x" if opa.runtime().env.HOME`,
		"net.lookup_ip_addr": `deny contains "x" if net.lookup_ip_addr("localhost")`,
		"rand.intn":          `deny contains "x" if rand.intn("a", 2) == 1`,
	} {
		_, err := load(t, "package main\n"+rego)
		if err == nil || !strings.Contains(err.Error(), "policies/rule.rego:2") || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	result := evaluate(t, `package main
deny contains "x" if json.match_schema({}, {"$ref": "http://localhost:1/schema"})[0]`, "", web, config.Environment{})
	if result.Entries[0].Evaluated() {
		t.Error("a schema from the network was taken for evaluated")
	}
}

func TestBaseline(t *testing.T) {
	const rego = `package main
deny contains {"msg": sprintf("container %s is not pinned", [c.name]), "at": c.image, "container": c.name} if {
	some c in input.spec.template.spec.containers
	endswith(c.image, ":latest")
}`
	pinned := strings.ReplaceAll(web, ":latest", ":2")
	for _, tt := range []struct {
		name, base, head string
		want             []verdict.Baseline
	}{
		{"created", "", web, []verdict.Baseline{verdict.New}},
		{"introduced", pinned, web, []verdict.Baseline{verdict.New}},
		{"there before, object unchanged", web, web, []verdict.Baseline{verdict.Unchanged}},
		{"there before, object changed", web, strings.Replace(web, "replicas: 1", "replicas: 2", 1), []verdict.Baseline{verdict.Unchanged}},
		{"mended", web, pinned, []verdict.Baseline{verdict.Absent}},
		{"another one", web, strings.Replace(web, "one:1", "one:latest", 1), []verdict.Baseline{verdict.New, verdict.Unchanged}},
		{"deleted", web, "", []verdict.Baseline{verdict.Absent}},
	} {
		var got []verdict.Baseline
		for _, f := range evaluate(t, rego, tt.base, tt.head, config.Environment{}).Findings {
			if f.Container == "" || f.Location == nil {
				t.Errorf("%s: got no container or place in %+v", tt.name, f)
			}
			got = append(got, f.Baseline)
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
		}
	}
}

func TestLocations(t *testing.T) {
	for name, tt := range map[string]struct {
		body string
		line int
	}{
		"a value":             {`some c in input.spec.template.spec.containers; endswith(c.image, "latest"); at := c.image`, 15},
		"through the review":  {`some c in input.review.object.spec.template.spec.containers; c.name == "two"; at := c`, 14},
		"a function":          {`at := f(input.spec)`, 8},
		"of the old object":   {`at := input.review.oldObject`, 1},
		"a path, as a list":   {`at := 1`, 13},
		"a missing parent":    {`at := input.spec.template`, 9},
		"from an object.get":  {`at := object.get(input, ["metadata", "labels", "team"], "")`, 6},
		"from a walk":         {`walk(input, [p, v]); v == "two:latest"; at := v`, 15},
		"a key of the object": {`at := input.metadata.namespace`, 5},
	} {
		path := ""
		if name == "a path, as a list" {
			path = `, "path": ["spec", "template", "spec", "containers", 0, "image"]`
		}
		rego := "package main\nf(x) := x.replicas\ndeny contains {\"msg\": \"m\", \"at\": at" + path + "} if { " + tt.body + " }"
		result := evaluate(t, rego, "", web, config.Environment{})
		if len(result.Findings) != 1 || result.Findings[0].Location == nil || result.Findings[0].Location.Line != tt.line {
			t.Errorf("%s: got %+v %+v", name, result.Findings, result.Entries)
			for _, f := range result.Findings {
				t.Logf("%+v", f.Location)
			}
		}
	}
}

const metadata = `# METADATA
# scope: package
# title: Few replicas
# custom:
#   id: team/replicas
#   severity: warning
#   match: {kinds: ["apps/*"], operations: [CREATE, UPDATE, DELETE], namespaces: ["sh*"]}
#   parameters: {min: {default: 2}}
package team.replicas

violation contains {"msg": sprintf("%d < %d", [input.spec.replicas, input.review.parameters.min])} if {
	input.spec.replicas < input.review.parameters.min
}
`

func TestMetadata(t *testing.T) {
	env := func(severity string, min any) config.Environment {
		e := config.Environment{Severities: map[string]string{}, Parameters: map[string]map[string]any{}}
		if severity != "" {
			e.Severities["team/replicas"] = severity
		}
		if min != nil {
			e.Parameters["team/replicas"] = map[string]any{"min": min}
		}
		return e
	}
	for _, tt := range []struct {
		name       string
		base, head string
		env        config.Environment
		want       string
	}{
		{"defaults", "", web, env("", nil), "warning 1 < 2"},
		{"a parameter", "", web, env("", 5), "warning 1 < 5"},
		{"a parameter that allows", "", web, env("", 1), ""},
		{"a severity", "", web, env("error", nil), "error 1 < 2"},
		{"off", "", web, env("off", nil), ""},
		{"deleted", web, "", env("", nil), "warning 1 < 2"},
		{"another namespace", "", strings.Replace(web, "namespace: shop", "namespace: x", 1), env("", nil), ""},
		{"another kind", "", strings.Replace(web, "apps/v1", "batch/v1", 1), env("", nil), ""},
	} {
		got := ""
		for _, f := range evaluate(t, metadata, tt.base, tt.head, tt.env).Findings {
			if f.Baseline == verdict.Absent {
				continue // what the base had of a deleted object
			}
			got += string(f.Level) + " " + f.Message
			if f.Rule != "team/replicas" {
				t.Errorf("%s: the rule is %s", tt.name, f.Rule)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestGrace: before the day of effective_on an error is a warning that names
// the day, unless the configuration sets the level itself.
func TestGrace(t *testing.T) {
	const rego = "# METADATA\n# custom: {id: x/y, effective_on: 2027-01-01, waivable: false}\npackage a\ndeny contains \"x\" if true"
	engine, err := load(t, rego)
	if err != nil {
		t.Fatal(err)
	}
	if r := engine.Rules()[0]; !r.NotWaivable || r.Level != verdict.Error {
		t.Errorf("got %+v", r)
	}
	for _, tt := range []struct {
		now, severity string
		want          verdict.Level
		on            string
	}{
		{"2026-12-31", "", verdict.Warning, "2027-01-01"},
		{"2027-01-01", "", verdict.Error, ""},
		{"2026-12-31", "error", verdict.Error, ""},
	} {
		now, err := time.Parse(verdict.Date, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		env := config.Environment{Name: "prod"}
		if tt.severity != "" {
			env.Severities = map[string]string{"x/y": tt.severity}
		}
		result, err := engine.Evaluate(t.Context(), policies.Input{Environment: env, Head: set(t, web), Now: now})
		if err != nil || len(result.Findings) != 1 || result.Findings[0].Level != tt.want || result.Findings[0].EffectiveOn != tt.on {
			t.Errorf("%s %s: got %+v, %v", tt.now, tt.severity, result.Findings, err)
		}
	}
	if _, err := load(t, strings.Replace(rego, "2027-01-01", "soon", 1)); err == nil || !strings.Contains(err.Error(), `"soon" is not a day`) {
		t.Errorf("got %v", err)
	}
}

// TestCoverage: for each rule how many objects it looked at and what came of
// it, and the kinds that no rule looks at.
func TestCoverage(t *testing.T) {
	const rego = `# METADATA
# custom: {id: a/deployments, match: {kinds: [apps/Deployment]}}
package a
deny contains "x" if input.metadata.name == "web"
warn contains "y" if input.metadata.name == "web"
deny_b contains "z" if to_number(input.metadata.name) > 1`
	engine, err := load(t, rego)
	if err != nil {
		t.Fatal(err)
	}
	head := set(t, web+"---\n"+strings.Replace(web, "name: web", "name: web2", 1)+"---\n{apiVersion: v1, kind: Service, metadata: {name: s}}\n")
	result, err := engine.Evaluate(t.Context(), policies.Input{Head: head, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []verdict.Coverage{{Rule: "a/deployments", Applied: 2, Errored: 2}}
	if !slices.Equal(result.Coverage, want) || !slices.Equal(result.Unseen, []string{"core/Service"}) {
		t.Errorf("got %+v, %q", result.Coverage, result.Unseen)
	}
	one, err := load(t, strings.Split(rego, "deny_b")[0])
	if err != nil {
		t.Fatal(err)
	}
	if result, err = one.Evaluate(t.Context(), policies.Input{Head: head, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	if want = []verdict.Coverage{{Rule: "a/deployments", Applied: 2, Passed: 1, Failed: 1}}; !slices.Equal(result.Coverage, want) {
		t.Errorf("got %+v", result.Coverage)
	}
}
