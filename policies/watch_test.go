package policies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

// TestHostileRules: a rule that loops, takes memory without end, calls what it
// must not, or gives nonsense is named, bounded and no pass; the others run.
func TestHostileRules(t *testing.T) {
	const other = "\nwarn contains \"other\" if true\n"
	for _, tt := range []struct{ name, rego, want string }{
		{"a loop", "package main\ndeny contains \"x\" if {\n\tsome a in numbers.range(1, 100000)\n\tsome b in numbers.range(1, 100000)\n\ta * b == -1\n}", "it took more than"},
		{"memory, list by list", "package main\ndeny contains count(all) if all := [[a, b, c] | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); some c in numbers.range(1, 3000)]", "MiB of memory"},
		{"memory in one long range", "package main\ndeny contains \"x\" if count(numbers.range(1, 30000000)) == 0", "MiB of memory"},
		{"nonsense", "package main\ndeny := {\"a\": 1}", "it gave a object"},
		{"a number as a violation", "package main\ndeny contains 7", "as a violation"},
		{"a built-in function that fails", "package main\ndeny contains \"x\" if to_number(input.kind) > 1", "to_number"},
		{"two values", "package main\ndeny := [\"x\"] if input.kind\ndeny := [\"y\"] if input.kind", "conflicting values"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			engine, err := load(t, tt.rego+other)
			if err != nil {
				t.Fatal(err)
			}
			head := set(t, web)
			in := policies.Input{Head: head, Deltas: diff.Compare(nil, head), RuleMemory: 64 << 20}
			if tt.name == "a loop" {
				in.RuleTimeout = 50 * time.Millisecond
			}
			result, err := engine.Evaluate(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			e := result.Entries[0]
			if e.Reason != verdict.Failed || !strings.Contains(e.Detail, "the rule main/deny (policies/rule.rego:2)") || !strings.Contains(e.Detail, tt.want) {
				t.Errorf("got %+v", e)
			}
			if len(result.Findings) != 1 || result.Findings[0].Message != "other" {
				t.Errorf("got %+v", result.Findings)
			}
		})
	}
	for _, call := range []string{`http.send({"method": "GET", "url": "http://localhost"})`, `net.lookup_ip_addr("localhost")`, "opa.runtime()", `rand.intn("x", 5)`, `uuid.rfc4122("x")`} {
		if _, err := load(t, "package main\ndeny contains \"x\" if "+call); err == nil || !strings.Contains(err.Error(), "policies/rule.rego:2: undefined function") {
			t.Errorf("%s: got %v", call, err)
		}
	}
}

// TestExceptions are conftest's: what a rule finds is waived where an exception
// of its package names it, and stays in the report.
func TestExceptions(t *testing.T) {
	const rego = `package main
deny_run_as_root contains "root" if true
deny contains "plain" if true
warn_run_as_root contains "warned" if true
exception contains rules if {
	input.metadata.name == "web"
	rules := ["run_as_root"]
}`
	engine, err := load(t, rego)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		objects string
		want    []string
	}{
		{web, []string{"main/deny_run_as_root", "main/warn_run_as_root"}},
		{strings.Replace(web, "name: web", "name: other", 1), nil},
	} {
		result, err := engine.Evaluate(t.Context(), policies.Input{Head: set(t, tt.objects)})
		if err != nil {
			t.Fatal(err)
		}
		var waived []string
		for _, f := range result.Findings {
			if f.Waiver != nil {
				waived = append(waived, f.Rule)
			}
		}
		if len(result.Findings) != 3 || !slices.Equal(waived, tt.want) {
			t.Errorf("got %q, want %q of %+v", waived, tt.want, result.Findings)
		}
	}
	for name, body := range map[string]string{
		"a built-in function that fails": `not to_number(input.metadata.name) > 1`,
		"no end":                         `not has_one`,
		"the inventory, which the rules do not look at": `not data.inventory.namespace.shop["apps/v1"].Deployment.web`,
	} {
		text := strings.Replace(rego, `input.metadata.name == "web"`, body, 1) + `
has_one if { a := numbers.range(1, 1000)[_]; b := numbers.range(1, 1000)[_]; c := numbers.range(1, 1000)[_]; a + b + c < 0 }`
		engine, err := load(t, text)
		if err != nil {
			t.Fatal(err)
		}
		result, err := engine.Evaluate(t.Context(), policies.Input{Head: set(t, web), RuleTimeout: 500 * time.Millisecond})
		if err != nil || slices.ContainsFunc(result.Findings, func(f verdict.Finding) bool { return f.Waiver != nil }) {
			t.Errorf("%s: what is not so is excepted: %+v, %v", name, result.Findings, err)
		}
	}
	all, err := load(t, strings.Replace(rego, `["run_as_root"]`, `[""]`, 1))
	if err != nil {
		t.Fatal(err)
	}
	result, err := all.Evaluate(t.Context(), policies.Input{Head: set(t, web)})
	if err != nil || result.Findings[0].Rule != "main/deny" || result.Findings[0].Waiver == nil || result.Findings[1].Waiver != nil {
		t.Errorf("got %+v, %v", result.Findings, err)
	}
}

// TestBuiltinErrorsOfConstraints: those of directories follow their source, those
// of the environment its input.
func TestBuiltinErrorsOfConstraints(t *testing.T) {
	template := templateOf("K8sFoo", "package k8sfoo\nviolation[{\"msg\": \"x\"}] { to_number(input.review.kind.kind) > 1 }\nviolation[{\"msg\": \"y\"}] { true }")
	constraint := constraintOf("K8sFoo", "foo", "{match: {kinds: [{kinds: [Service]}]}}")
	const failed = "failed"
	const unsure = "unchanged warning gatekeeper/k8sfoo/foo Service/hello-kubernetes web.yaml:1: the rule could not be evaluated in full: policies/c.yaml:10: "
	for _, tt := range []struct{ source, input, own, want string }{
		{"", "ignore", "", failed},
		{"warning", "", "", unsure},
		{"ignore", "", "", "unchanged error gatekeeper/k8sfoo/foo Service/hello-kubernetes web.yaml:1: y\n"},
		{"ignore", "", template + "---\n" + constraint + "---\n", failed},
		{"", "warning", template + "---\n" + constraint + "---\n", strings.NewReplacer("web.yaml:1:", "web.yaml:18:", "policies/c.yaml", "web.yaml").Replace(unsure)},
	} {
		fsys := fstest.MapFS{"policies/.keep": {}}
		if tt.own == "" {
			fsys["policies/c.yaml"] = &fstest.MapFile{Data: []byte(template + "---\n" + constraint)}
		}
		engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: fsys, Dir: "policies", BuiltinErrors: tt.source})
		if err != nil {
			t.Fatal(err)
		}
		head := set(t, tt.own+service)
		result, err := engine.Evaluate(t.Context(), policies.Input{Base: head, Head: head, BuiltinErrors: tt.input})
		if err != nil {
			t.Fatal(err)
		}
		if got := lines(result); !strings.Contains(got, tt.want) || strings.Contains(got, failed) != (tt.want == failed) {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}

// TestExceptionsOfCombine: an exception sees what the rule sees, all files together.
func TestExceptionsOfCombine(t *testing.T) {
	fsys := fstest.MapFS{"policies/rule.rego": {Data: []byte(`package main
deny_many contains "many" if count(input) > 1
deny_other contains "other" if count(input) > 1
exception contains ["many"] if input[_].contents.metadata.name == "a"`)}}
	engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: fsys, Dir: "policies", Combine: true})
	if err != nil {
		t.Fatal(err)
	}
	result, err := engine.Evaluate(t.Context(), policies.Input{Head: set(t, twoServices)})
	if err != nil || len(result.Findings) != 2 {
		t.Fatalf("got %+v, %v", result, err)
	}
	for _, f := range result.Findings {
		if waived := f.Waiver != nil; waived != (f.Message == "many") {
			t.Errorf("%s: waived %v", f.Message, waived)
		}
	}
}

// TestBuiltinErrors: what becomes of a built-in function that fails is for the
// METADATA of the rule to say, else for the configuration.
func TestBuiltinErrors(t *testing.T) {
	const rego = "# METADATA\n# custom: {id: a/b%s}\npackage a\ndeny contains \"x\" if to_number(input.kind) > 1\ndeny contains \"y\" if true"
	for _, tt := range []struct{ metadata, config, want string }{
		{"", "", "failed"},
		{"", "warning", "y, the rule could not be evaluated in full: policies/rule.rego:4: eval_builtin_error: to_number: strconv.ParseFloat: parsing \"Deployment\": invalid syntax"},
		{"", "ignore", "y"},
		{", builtin_errors: ignore", "error", "y"},
		{", builtin_errors: error", "ignore", "failed"},
	} {
		fsys := fstest.MapFS{"policies/rule.rego": {Data: []byte(strings.Replace(rego, "%s", tt.metadata, 1))}}
		engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: fsys, Dir: "policies", BuiltinErrors: tt.config})
		if err != nil {
			t.Fatal(err)
		}
		result, err := engine.Evaluate(t.Context(), policies.Input{Head: set(t, web)})
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, f := range result.Findings {
			texts = append(texts, f.Message)
		}
		slices.SortFunc(texts, func(a, b string) int { return len(a) - len(b) })
		got := strings.Join(texts, ", ")
		if result.Entries[0].Reason == verdict.Failed {
			got = "failed"
		}
		if got != tt.want {
			t.Errorf("%q %q: got %q, want %q", tt.metadata, tt.config, got, tt.want)
		}
	}
}

// TestBuiltinErrorsAreNotShared: a rule that lets a failure pass does not hide it
// from the next rule or constraint that needs the same helper.
func TestBuiltinErrorsAreNotShared(t *testing.T) {
	for _, mode := range []string{"ignore", "warning", "error"} {
		fsys := fstest.MapFS{
			"policies/lib.rego": {Data: []byte("package lib\nnumber := to_number(input.kind)")},
			"policies/a.rego":   {Data: []byte("# METADATA\n# custom: {id: a/a, builtin_errors: " + mode + "}\npackage a\ndeny contains \"a\" if data.lib.number > 1")},
			"policies/b.rego":   {Data: []byte("# METADATA\n# custom: {id: b/b}\npackage b\ndeny contains \"b\" if data.lib.number > 1")},
		}
		engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: fsys, Dir: "policies"})
		if err != nil {
			t.Fatal(err)
		}
		result, err := engine.Evaluate(t.Context(), policies.Input{Head: set(t, web)})
		if err != nil || !strings.Contains(result.Entries[0].Detail, "the rule b/b ") {
			t.Errorf("after %s: got %+v, %v", mode, result.Entries, err)
		}
	}
	const helper = "package k8sfoo\nnumber { to_number(input.review.kind.kind) > 1 }\nviolation[{\"msg\": \"x\"}] { number }"
	files := fstest.MapFS{"policies/t.yaml": {Data: []byte(templateOf("K8sFoo", helper))}}
	for _, name := range []string{"a", "b", "c"} {
		files["policies/"+name+".yaml"] = &fstest.MapFile{Data: []byte(constraintOf("K8sFoo", name, "{}"))}
	}
	engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: files, Dir: "policies", BuiltinErrors: "warning"})
	if err != nil {
		t.Fatal(err)
	}
	head := set(t, service)
	result, err := engine.Evaluate(t.Context(), policies.Input{Base: head, Head: head})
	if got := strings.Count(lines(result), "could not be evaluated in full"); err != nil || got != 3 {
		t.Errorf("%d constraints say that a function failed, %v: %s", got, err, lines(result))
	}
}

// TestCombine: rules for conftest --combine see an array of files.
func TestCombine(t *testing.T) {
	fsys := fstest.MapFS{"policies/rule.rego": {Data: []byte(`package main
deny contains msg if {
	some service in input
	service.contents.kind == "Service"
	not service.contents.metadata.name in {d.contents.metadata.name | some d in input; d.contents.kind == "Deployment"}
	msg := sprintf("%s: no Deployment for %s", [service.path, service.contents.metadata.name])
}`)}}
	engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: fsys, Dir: "policies", Combine: true})
	if err != nil {
		t.Fatal(err)
	}
	result, err := engine.Evaluate(t.Context(), policies.Input{Head: readAs(t, "app.yaml", twoServices+"---\n"+strings.Replace(web, "name: web", "name: a", 1))})
	if err != nil || len(result.Findings) != 1 || result.Findings[0].Message != "app.yaml: no Deployment for b" {
		t.Errorf("got %+v, %v", result.Findings, err)
	}
}

// TestMemoryOfTheRepository: what a large repository takes, its findings among it,
// stops no rule; a rule that takes too much in its findings is stopped.
func TestMemoryOfTheRepository(t *testing.T) {
	many := ""
	for i := range 8 {
		many += fmt.Sprintf("deny_%d contains sprintf(\"%%s %%d\", [input.metadata.name, n]) if some n in numbers.range(1, 2)\n", i)
	}
	for _, tt := range []struct {
		name, rego, want string
		objects          int
	}{
		{"many documents", "package main\n" + many, "", 10000},
		{"many findings", "package main\ndeny contains sprintf(\"%s %d\", [input.metadata.name, n]) if some n in numbers.range(1, 2000)", "its findings take more than 16 MiB", 200},
		{"long remediations", "package main\ndeny contains {\"msg\": \"x\", \"remediation\": sprintf(\"%0100000d\", [1])}", "", 200},
		{"long names of files", "package main\ndeny contains {\"msg\": \"x\", \"_loc\": {\"file\": sprintf(\"%0100000d\", [1])}}", "its findings take more than 16 MiB", 200},
	} {
		engine, err := load(t, tt.rego)
		if err != nil {
			t.Fatal(err)
		}
		head := copies(t, tt.objects, "1")
		result, err := engine.Evaluate(t.Context(), policies.Input{Base: head, Head: head, RuleMemory: 16 << 20, RuleTimeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, e := range result.Entries {
			if !e.Evaluated() {
				said = e.Detail
			}
		}
		if !strings.Contains(said, tt.want) || (said == "") != (tt.want == "") {
			t.Errorf("%s: got %q", tt.name, said)
		}
	}
}

// TestLongErrors: an error that quotes all of a value is cut, after secrets in it
// are hidden.
func TestLongErrors(t *testing.T) {
	object := "{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {long: " + strings.Repeat("ä", 1<<16) + "}}, stringData: {a: " + strings.Repeat("k", 1<<12) + "}}"
	rego := "package main\ndeny contains \"x\" if to_number(concat(\" \", [\"it is\", input.stringData.a])) > 1\nwarn contains \"x\" if to_number(input.metadata.annotations.long) > 1"
	for _, mode := range []string{"error", "warning"} {
		fsys := fstest.MapFS{"policies/rule.rego": {Data: []byte(rego)}}
		engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: fsys, Dir: "policies", BuiltinErrors: mode})
		if err != nil {
			t.Fatal(err)
		}
		result, err := engine.Evaluate(t.Context(), policies.Input{Head: set(t, object)})
		if err != nil {
			t.Fatal(err)
		}
		got := result.Entries[0].Detail
		for _, f := range result.Findings {
			got += f.Message
		}
		if strings.Count(got, "to_number") != 2 || len(got) > 8<<10 || !utf8.ValidString(got) || !strings.Contains(got, "it is [hidden]") || strings.Contains(got, "kkk") {
			t.Errorf("%s: got %d bytes, %.300s", mode, len(got), got)
		}
	}
}
