package bundle

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// Contents are what Build puts into a bundle.
type Contents struct {
	// Files are rules, by their names in the bundle.
	Files map[string][]byte
	// Data is the document data.
	Data map[string]any
	// Revision is what the author calls the bundle; it may be empty.
	Revision string
}

// Build makes a bundle that OPA, conftest and Penstock read. The same contents
// give the same bytes, unless they are signed with ECDSA.
func Build(c Contents, signing *Signing) ([]byte, error) {
	files := maps.Clone(c.Files)
	for _, reserved := range []string{manifest, signatures, "data.json"} {
		if _, there := files[reserved]; there {
			return nil, fmt.Errorf("building the bundle: %s is a name of its own", reserved)
		}
	}
	data := c.Data
	if data == nil {
		data = map[string]any{}
	}
	var err error
	if files["data.json"], err = json.Marshal(data); err != nil {
		return nil, fmt.Errorf("building the bundle: %w", err)
	}
	one := 1
	m := bundle.Manifest{Revision: c.Revision, Roots: &[]string{""}, RegoVersion: &one}
	for _, file := range slices.Sorted(maps.Keys(c.Files)) {
		if path.Ext(file) == ".rego" && isOld(file, string(c.Files[file])) {
			if m.FileRegoVersions == nil {
				m.FileRegoVersions = map[string]int{}
			}
			m.FileRegoVersions["/"+file] = 0
		}
	}
	if files[manifest], err = json.Marshal(m); err != nil {
		return nil, fmt.Errorf("building the bundle: %w", err)
	}
	if signing != nil {
		if files[signatures], err = signing.sign(files); err != nil {
			return nil, err
		}
	}
	return pack(files)
}

// isOld reports whether a file is Rego of version 0, and not of version 1.
func isOld(file, text string) bool {
	if _, err := ast.ParseModuleWithOpts(file, text, ast.ParserOptions{RegoVersion: ast.RegoV1}); err == nil {
		return false
	}
	_, err := ast.ParseModuleWithOpts(file, text, ast.ParserOptions{RegoVersion: ast.RegoV0})
	return err == nil
}
