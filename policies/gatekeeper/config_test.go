package gatekeeper_test

import (
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// TestConfigFaults: an exemption that is not understood exempts nothing, and is
// a fault.
func TestConfigFaults(t *testing.T) {
	for _, tt := range []struct{ name, match, want string }{
		{"a field", "[{namespaces: [a], processes: ['*']}]", `the field "namespaces" is not known`},
		{"a process", "[{excludedNamespaces: [a], processes: [validation]}]", "the process validation is none of"},
		{"a pattern", "[{excludedNamespaces: ['a*b'], processes: ['*']}]", "a*b has a * that is neither first nor last"},
		{"no list", "{excludedNamespaces: [a]}", "must not be a object"},
	} {
		text := "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\nmetadata: {name: config, namespace: gatekeeper-system}\nspec:\n  match: " + tt.match + "\n"
		read, err := manifest.Read("config.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		found := gatekeeper.Read(read)
		if len(found.Faults) != 1 || found.Config != nil || found.Faults[0].Place.Line != 5 || !strings.Contains(found.Faults[0].Msg, tt.want) {
			t.Errorf("%s: got %+v", tt.name, found)
		}
	}
}
