package policies

import (
	"slices"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// marker is the file name in the locations of terms that stand for a value of
// the object under evaluation.
const marker = "object"

// document is an object as a Rego value. The location of each of its terms
// tells which value it is: the row is the place of the value in pre-order,
// counted from 1. OPA hands terms on by pointer, so a value that a rule returns
// still knows where it came from.
type document struct {
	object *manifest.Object
	term   *ast.Term
	places int
}

func newDocument(o *manifest.Object) *document {
	d := &document{object: o}
	d.term = d.value(o.Fields())
	return d
}

func (d *document) value(v any) *ast.Term {
	d.places++
	loc := &ast.Location{File: marker, Row: d.places}
	var t *ast.Term
	switch v := v.(type) {
	case map[string]any:
		keys := sortedKeys(v)
		pairs := make([][2]*ast.Term, 0, len(keys))
		for _, k := range keys {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(k), d.value(v[k])})
		}
		t = ast.NewTerm(ast.NewObject(pairs...))
	case []any:
		items := make([]*ast.Term, len(v))
		for i, item := range v {
			items[i] = d.value(item)
		}
		t = ast.NewTerm(ast.NewArray(items...))
	case string:
		t = &ast.Term{Value: ast.String(v)}
	case bool:
		t = &ast.Term{Value: ast.Boolean(v)}
	case int64:
		t = &ast.Term{Value: ast.Number(strconv.FormatInt(v, 10))}
	case float64:
		t = &ast.Term{Value: ast.Number(strconv.FormatFloat(v, 'g', -1, 64))}
	default:
		t = &ast.Term{Value: ast.Null{}}
	}
	t.Location = loc
	return t
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// pointer is the JSON Pointer of the value that a term stands for.
func (d *document) pointer(t *ast.Term) (string, bool) {
	if t == nil || t.Location == nil || t.Location.File != marker || t.Location.Row < 1 {
		return "", false
	}
	left := t.Location.Row
	return find(d.object.Fields(), "", &left)
}

// find walks values in pre-order until left of them are seen.
func find(v any, at string, left *int) (string, bool) {
	if *left--; *left == 0 {
		return at, true
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			if p, ok := find(v[k], manifest.JoinPointer(at, k), left); ok {
				return p, true
			}
		}
	case []any:
		for i, item := range v {
			if p, ok := find(item, at+"/"+strconv.Itoa(i), left); ok {
				return p, true
			}
		}
	}
	return "", false
}
