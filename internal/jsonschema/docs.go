package jsonschema

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
)

// Docs are the doc comments of types ("package.Type") and of their fields
// ("package.Type.Field"), each as one line.
type Docs map[string]string

// ReadDocs reads the doc comments of all struct types in the Go files of the
// given directories of fsys, test files left out.
func ReadDocs(fsys fs.FS, dirs ...string) (Docs, error) {
	docs := Docs{}
	for _, dir := range dirs {
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil {
			return nil, fmt.Errorf("reading doc comments: %w", err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			name := strings.TrimPrefix(dir+"/"+e.Name(), "./")
			src, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("reading doc comments: %w", err)
			}
			if err := docs.add(name, src); err != nil {
				return nil, err
			}
		}
	}
	return docs, nil
}

func (d Docs) add(name string, src []byte) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("reading doc comments: %w", err)
	}
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, spec := range gen.Specs {
			t := spec.(*ast.TypeSpec)
			typeName := file.Name.Name + "." + t.Name.Name
			d.set(typeName, t.Doc, gen.Doc)
			if s, ok := t.Type.(*ast.StructType); ok {
				d.fields(typeName, s)
			}
		}
	}
	return nil
}

func (d Docs) fields(typeName string, s *ast.StructType) {
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			d.set(typeName+"."+name.Name, f.Doc, f.Comment)
		}
	}
}

// set keeps the first comment that says something.
func (d Docs) set(name string, comments ...*ast.CommentGroup) {
	for _, c := range comments {
		if text := strings.Join(strings.Fields(c.Text()), " "); text != "" {
			d[name] = text
			return
		}
	}
}
