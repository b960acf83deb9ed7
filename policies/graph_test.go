package policies_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/policies"
)

// TestElseReads: what only the else of a rule reads is handed to it, and is its own.
func TestElseReads(t *testing.T) {
	result := evaluate(t, `# METADATA
# custom: {id: a/b, parameters: {max: {default: 3}}}
package a
deny := ["x"] if input.nothing else := found if true
found := [sprintf("%v of %v", [input.review.parameters.max, count(data.inventory.namespace)])]`, "", web, config.Environment{})
	if len(result.Findings) != 1 || result.Findings[0].Message != "3 of 1" {
		t.Errorf("got %+v, %+v", result.Findings, result.Entries)
	}
}

// TestParametersStayApart: what one rule computes out of its parameters is never
// handed to another, however the two share the rules and functions that do it.
func TestParametersStayApart(t *testing.T) {
	const lib = `package lib
limit := input.review.parameters.max
of(name) := input.review.parameters[name]
all := input
doubled := limit * 2
tagged[name] := limit if some name in ["max"]
inner.limit := limit
plain := count(input.spec.template.spec.containers)
`
	for _, expression := range []string{
		"data.lib.limit", `data.lib.of("max")`, "data.lib.all.review.parameters.max", "data.lib.doubled / 2",
		"data.lib.tagged.max", "data.lib.inner.limit", "data.lib.inner[_]", `[x | x := data.lib.inner[k]; k == "limit"][0]`,
		"(data.lib.limit * data.lib.plain) / 2", "data.lib.limit with input.spec as {}",
		`object.get(data.lib.inner, "limit", 0)`,
	} {
		files := fstest.MapFS{"policies/lib.rego": {Data: []byte(lib)}}
		for name, most := range map[string]string{"a": "1", "b": "2", "c": "3"} {
			files["policies/"+name+".rego"] = &fstest.MapFile{Data: []byte(`# METADATA
# scope: package
# custom:
#   id: ` + name + `
#   parameters: {max: {default: ` + most + `}}
package rules.` + name + `
deny contains sprintf("` + name + ` allows %v", [limit]) if limit := ` + expression)}
		}
		engine, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: files, Dir: "policies"})
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		head := set(t, web)
		result, err := engine.Evaluate(t.Context(), policies.Input{Environment: config.Environment{Name: "prod"}, Base: head, Head: head})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range result.Findings {
			got = append(got, f.Message)
		}
		if want := []string{"a allows 1", "b allows 2", "c allows 3"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q and %v, want %q", expression, got, result.Entries, want)
		}
	}
}
