package dryrun

import (
	"slices"
	"strings"
	"testing"
)

// What a policy refuses comes as a warning, and is one no more; what another one
// warns of stays one, and where the server may have left some out nothing is said.
func TestDeny(t *testing.T) {
	d := &denying{pair: map[[2]string]bool{{"p", "b"}: true}}
	const from = "Validation failed for ValidatingAdmissionPolicy "
	kept, refusals, rest := d.deny([]string{"old", from + "'p' with binding 'b': x: y", from + "'p' with binding 'other': z"})
	if rest != nil || !slices.Equal(kept, []string{"old", from + "'p' with binding 'other': z"}) {
		t.Errorf("kept %q, %v", kept, rest)
	}
	if len(refusals) != 1 || refusals[0].msg != "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: x: y" || refusals[0].rule != ruleRefused {
		t.Errorf("refused %+v", refusals)
	}
	var many []string
	for n := range 16 {
		many = append(many, strings.Repeat(string(rune('a'+n)), 256))
	}
	many = append(many, from+"'p' with binding 'b': x")
	kept, refusals, rest = d.deny(many)
	if rest == nil || rest.reason != failed || len(refusals) != 1 || len(kept) != 16 {
		t.Errorf("%d warnings of 256 characters and a refusal: %d kept, %v, %v", len(many), len(kept), refusals, rest)
	}
	if _, _, rest := (&denying{}).deny(many); rest == nil || rest.reason != unverifiable {
		t.Errorf("where nothing refuses: %v", rest)
	}
	if kept, _, rest := d.deny(many[:3]); rest != nil || len(kept) != 3 {
		t.Errorf("three warnings: %q, %v", kept, rest)
	}
}

func TestChainsOf(t *testing.T) {
	fields := map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"a.b/c": "x"}},
		"spec":     map[string]any{"replicas": int64(1), "list": []any{map[string]any{"a": "b"}}},
	}
	for expression, want := range map[string]string{
		"object.spec.replicas < 3":                             "/spec/replicas",
		"oldObject.spec.replicas < 3":                          "",
		"object.metadata.?labels['a.b/c'].orValue('') != ''":   "/metadata/labels/a.b~1c",
		`!has(object.spec.none) || object.spec.list.all(c, c)`: "/spec/list /spec",
		"variables.object.spec":                                "",
	} {
		if got := strings.Join(chainsOf([]string{expression}, fields), " "); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
}

func TestFlat(t *testing.T) {
	for expression, want := range map[string]string{
		"a &&\n\tb // c 'd\n|| e":    "a &&  b  || e",
		"'//' == \"a'//\"":           "'//' == \"a'//\"",
		`'it\'s' + r'\' + "\\" // x`: `'it\'s' + r'\' + "\\"`,
		"'''a'b''' == c\n":           "'''a'b''' == c",
	} {
		if got, ok := flat(expression); !ok || got != want {
			t.Errorf("%q: got %q, %t, want %q", expression, got, ok, want)
		}
	}
	if got, ok := flat("\"\"\"a\nb\"\"\" == c"); ok {
		t.Errorf("text of two lines becomes %q", got)
	}
}
