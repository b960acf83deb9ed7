package policies_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// TestSchemasStayWithin: a JSON Schema does not lead to a file.
func TestSchemasStayWithin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(file, []byte(`{"type": "object"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{
		`json.match_schema({}, {"$ref": "file://FILE"})[0]`,
		`json.match_schema({}, {"properties": {"enum": {"items": [{"$ref": "file://FILE"}]}}})[0]`,
		`json.match_schema({}, "{\"allOf\": [{\"$ref\": \"file://FILE\"}]}")[0]`,
		`json.verify_schema({"$ref": "file://FILE"})[0]`,
	} {
		result := evaluate(t, "package main\ndeny contains \"x\" if "+strings.Replace(call, "FILE", file, 1), "", web, config.Environment{})
		if e := result.Entries[0]; e.Reason != verdict.Failed || !strings.Contains(e.Detail, "the schema refers to file://") {
			t.Errorf("%s: got %+v", call, e)
		}
	}
	const within = `json.match_schema({"a": 1}, {"$id": "https://example.com/s", "definitions": {"n": {"type": "number"}}, "properties": {"a": {"$ref": "#/definitions/n"}}})[0]`
	if result := evaluate(t, "package main\ndeny contains \"x\" if "+within, "", web, config.Environment{}); len(result.Findings) != 1 {
		t.Errorf("a reference within the schema: got %+v", result)
	}
}
