package policies_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/policies"
)

var update = flag.Bool("update", false, "write docs/rules.md anew")

// TestRulesPage keeps docs/rules.md what the METADATA of the library says:
// go test ./policies -run TestRulesPage -update
func TestRulesPage(t *testing.T) {
	engine, err := policies.Load(t.Context(), policies.Library())
	if err != nil {
		t.Fatal(err)
	}
	page := policies.Page("The built-in rules", engine.Describe())
	const file = "../docs/rules.md"
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != page {
		t.Errorf("docs/rules.md is not up to date (%v): go test ./policies -run TestRulesPage -update", err)
	}
	for _, r := range engine.Rules() {
		if !strings.Contains(page, "\n### "+r.ID+"\n") {
			t.Errorf("%s is not on the page", r.ID)
		}
	}
}

// TestPage shows a rule with all that METADATA can say, and one without.
func TestPage(t *testing.T) {
	files := fstest.MapFS{"p/a.rego": {Data: []byte(strings.Replace(tagRule, "severity: warning", "severity: warning\n#   enabled: false\n#   waivable: false", 1))},
		"p/b.rego": {Data: []byte("package b\n\ndeny contains \"no\"\n")}}
	engine, err := policies.Load(t.Context(), policies.Source{Name: "p", FS: files, Dir: "p"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `# Rules

2 rules. *Off* are those that run only where the configuration gives them a severity.

| rule | level | |
|---|---|---|
| [b/deny](#bdeny) | error | deny |
| [images/tag](#imagestag) | warning, off | Images have a tag |

## b

### b/deny

**deny** (error)

## images

### images/tag

**Images have a tag** (warning, off)

An image without a tag is another one tomorrow.

Name a version.

Looks at kinds Pod.

It cannot be waived.

| parameter | default | |
|---|---|---|
| ` + "`ignored` | `[]`" + ` | Images to leave alone. |
`
	if got := policies.Page("Rules", engine.Describe()); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
