package config

import (
	"slices"
	"testing"
	"testing/fstest"
)

// TestPolicyDirs: an empty list means none, and not the default.
func TestPolicyDirs(t *testing.T) {
	rules := fstest.MapFS{"policies/a.rego": {}}
	for config, want := range map[string][]string{
		"version: 1":                             {"policies"},
		"version: 1\npolicies: {paths: []}":      nil,
		"version: 1\npolicies: {paths: [rules]}": {"rules"},
	} {
		c, err := Load(fstest.MapFS{FileName: {Data: []byte(config)}}, FileName)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.PolicyDirs(rules); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", config, got, want)
		}
	}
}
